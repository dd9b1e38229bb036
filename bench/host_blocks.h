#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "bench/workload.h"
#include "model/telemetry.h"

namespace forewarn::bench {

// HostBlocks gives a host's rounds as a probe's stream brings them to the head: the first block names all of
// the host's series, and the others refer to them. Whoever takes a block gives it to Head::Learn, then to
// Head::Append, as a shard does. Not thread-safe.
class HostBlocks {
 public:
  explicit HostBlocks(std::unique_ptr<HostTelemetry> telemetry)
      : HostBlocks(std::move(telemetry), [](Labels labels) { return labels; }) {}
  // `relabel` makes the labels that the head sees of those that the host has.
  template <typename Relabel>
  HostBlocks(std::unique_ptr<HostTelemetry> telemetry, Relabel relabel)
      : telemetry_(std::move(telemetry)) {
    auto table = std::make_shared<SeriesTable>();
    table->series.reserve(telemetry_->series());
    for (uint32_t ref = 0; ref < telemetry_->series(); ++ref) {
      table->series.push_back(relabel(telemetry_->LabelsOf(ref)));
    }
    table_ = std::move(table);
    block_.stream = std::make_shared<const SeriesStream>();
  }

  // Goes on to the next round and returns its time; nothing when there are no more.
  std::optional<Timestamp> Next() {
    if (!telemetry_->Next(round_)) return std::nullopt;
    block_.table = is_first_ ? table_ : nullptr;
    is_first_ = false;
    std::swap(block_.refs, round_.refs);
    std::swap(block_.values, round_.values);
    block_.times.assign(block_.refs.size(), round_.at);
    return round_.at;
  }
  const SampleBlock& block() const { return block_; }

 private:
  std::unique_ptr<HostTelemetry> telemetry_;
  std::shared_ptr<const SeriesTable> table_;
  bool is_first_ = true;
  HostRound round_;
  SampleBlock block_;
};

}  // namespace forewarn::bench
