#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/entry.h"
#include "model/ids.h"
#include "model/telemetry.h"

namespace forewarn::bench {

// A probe of the customer `acme` whose batches go straight to a shard or an engine of this process, as intake makes
// them: the first names all of its series. Not thread-safe.
class DirectProbe {
 public:
  // `own(s)` gives the labels of the series number `s` beside those that intake attaches.
  template <typename Own>
  DirectProbe(size_t number, std::string installation, size_t series, const Own& own)
      : identity_{"acme", std::move(installation),
                  fmt::format("00000000-0000-4000-8000-{:012}", number)} {
    auto table = std::make_shared<SeriesTable>();
    table->series.reserve(series);
    for (size_t s = 0; s < series; ++s) {
      std::vector<Labels::Pair> labels = own(s);
      labels.emplace_back("customer", identity_.customer);
      labels.emplace_back("installation", identity_.installation);
      labels.emplace_back("instance", fmt::format("host-{}", number));
      labels.emplace_back("job", "node");
      labels.emplace_back("probe", identity_.probe);
      table->series.push_back(Labels(std::move(labels)));
    }
    table_ = std::move(table);
  }

  const std::string& id() const { return identity_.probe; }
  size_t series() const { return table_->series.size(); }

  // One sample of each of the first `series` of its series; without rounds.
  Batch Samples(Timestamp at, size_t series) {
    Batch batch;
    batch.source = identity_;
    batch.epoch = 1;
    batch.sequence = ++sequence_;
    batch.samples.stream = stream_;
    if (sequence_ == 1) batch.samples.table = table_;
    for (size_t s = 0; s < series; ++s) {
      batch.samples.refs.push_back(static_cast<uint32_t>(s));
      batch.samples.times.push_back(at);
      batch.samples.values.push_back(static_cast<double>((s * 7 + sequence_ * 13) % 1000) + 1);
    }
    return batch;
  }

  // What arrives at the end of a round: a sample of each of its series.
  Entry RoundOf(Timestamp at) {
    Batch batch = Samples(at, series());
    batch.rounds = {{at, 15s, {}}};
    return {PartitionOf(identity_.customer), at, id(), std::move(batch)};
  }

 private:
  ProbeIdentity identity_;
  std::shared_ptr<const SeriesTable> table_;
  std::shared_ptr<const SeriesStream> stream_ = std::make_shared<const SeriesStream>();
  uint64_t sequence_ = 0;
};

}  // namespace forewarn::bench
