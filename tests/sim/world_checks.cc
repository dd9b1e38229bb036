#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/record.h"
#include "base/units.h"
#include "tests/sim/world_parts.h"

namespace forewarn::sim {

void World::Violate(std::string what) {
  violations_.push_back(fmt::format("{} {}", FormatTime(event_now_), std::move(what)));
}

void World::Settle() {
  faults_ = kNoFaults;
  for (Probe& probe : probes_) probe.cut_until = {};
  auto at_rest = [&] {
    for (const Probe& probe : probes_) {
      if (probe.next_round <= ProductionEnd()) return false;
      if (probe.acknowledged < probe.produced.size()) return false;
    }
    return process_->entries.empty() && process_->folded.empty() && network_.empty() &&
           process_->dispatcher.waiting() == 0;
  };
  for (int i = 0; i < 20'000 && !at_rest(); ++i) Step();
  for (const Probe& probe : probes_) {
    if (probe.acknowledged < probe.produced.size()) {
      Violate(fmt::format("F: probe {} still holds batches {} to {}", probe.index,
                          probe.acknowledged + 1, probe.produced.size()));
    }
  }
  for (const auto& [id, notification] : process_->shard.planner().outbox()) {
    if (notification.state == DeliveryState::kWaiting) {
      Violate(fmt::format("F: notification {} is still waiting", id));
    }
    if (notification.state == DeliveryState::kDelivered && !sender_->received.contains(id)) {
      Violate(fmt::format("F: notification {} counts as delivered but never arrived", id));
    }
  }
  Kill();  // once more, so that the durable state alone must show it all
  Check();
}

void World::Check() {
  for (const Probe& probe : probes_) {
    if (probe.acknowledged == 0) continue;
    StatusOr<std::string> record =
        store_.GetState(PartitionOf(kCustomer), StateKind::kProbe, probe.identity.probe);
    uint64_t durable = record.ok() ? DecodeRecord<ProbeState>(*record)->sequence : 0;
    if (durable < probe.acknowledged) {
      Violate(
          fmt::format("A: batch {} of probe {} was acknowledged, but {} is the last durable one",
                      probe.acknowledged, probe.index, durable));
    }
  }
  std::set<std::pair<std::string, Fingerprint>> open;
  for (const auto& [number, ticket] : process_->shard.incidents().tickets()) {
    if (ticket.state != TicketState::kOpen && ticket.state != TicketState::kAcknowledged) continue;
    if (!open.insert({ticket.customer, ticket.key}).second) {
      Violate(fmt::format("D: {} is open beside another ticket for the same problem",
                          TicketName(number)));
    }
  }
}

void World::CheckResolution(const HistoryRow& row) {
  if (row.kind != HistoryKind::kAlert) return;
  StatusOr<AlertChange> change = DecodeRecord<AlertChange>(row.record);
  FW_CHECK(change.ok());
  const Alert& alert = change->alert;
  if (alert.rule != "LoadHigh" || alert.state != AlertState::kResolved) return;
  for (const Probe& probe : probes_) {
    if (alert.labels.Get("probe") != probe.identity.probe) continue;
    const ProbeState* known = process_->shard.contacts().Find(probe.identity.probe);
    if (known == nullptr || known->watermark < change->at || !IsLowAt(probe.index, change->at)) {
      Violate(fmt::format("E: {} resolved at {}, which no data says", alert.labels.ToString(),
                          FormatTime(change->at)));
    }
  }
}

void World::CheckSeries() {
  for (const Probe& probe : probes_) {
    StatusOr<std::string> record =
        store_.GetState(PartitionOf(kCustomer), StateKind::kProbe, probe.identity.probe);
    uint64_t durable = record.ok() ? DecodeRecord<ProbeState>(*record)->sequence : 0;
    StatusOr<std::vector<SeriesData>> found =
        process_->shard.head().Select({Matcher::Equal("__name__", "sim_rounds_total"),
                                       Matcher::Equal("probe", probe.identity.probe)},
                                      kStart, ProductionEnd() + 1h, {});
    if (!found.ok()) {
      Violate("B: " + found.status().ToString());
      continue;
    }
    size_t count = found->empty() ? 0 : found->front().samples.size();
    if (count != durable) {
      Violate(fmt::format("B: probe {} has {} durable batches, but {} samples", probe.index,
                          durable, count));
    }
    for (size_t i = 0; i < std::min<size_t>(count, durable); ++i) {
      const Sample& sample = found->front().samples[i];
      const SampleBlock& sent = probe.produced[i].samples;
      if (sample.at != sent.times[0] || sample.value != sent.values[0]) {
        Violate(fmt::format("B: sample {} of probe {} is not what was sent", i + 1, probe.index));
        break;
      }
    }
  }
}

const std::map<std::string, std::string>& World::Delivered() const { return sender_->received; }

std::vector<Interval> World::Intervals() const {
  std::vector<Interval> intervals;
  StatusOr<std::vector<HistoryRow>> rows = store_.ReadHistory(
      PartitionOf(kCustomer), kCustomer, kStart, ProductionEnd() + 24h, 1'000'000);
  FW_CHECK(rows.ok());
  for (const HistoryRow& row : *rows) {
    if (row.kind != HistoryKind::kAlert) continue;
    StatusOr<AlertChange> change = DecodeRecord<AlertChange>(row.record);
    FW_CHECK(change.ok());
    const Alert& alert = change->alert;
    if (alert.rule != "LoadHigh" || alert.state != AlertState::kResolved || !alert.fired_at)
      continue;
    if (change->late) continue;  // the net of a catch-up tells again what its steps told
    intervals.push_back({alert.labels.ToString(), alert.active_since, *alert.fired_at,
                         alert.ended_at.value_or(kTimeZero)});
  }
  std::sort(intervals.begin(), intervals.end());
  return intervals;
}

}  // namespace forewarn::sim
