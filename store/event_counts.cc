#include "store/event_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/record.h"

namespace forewarn {
namespace {

constexpr uint64_t kRowsBetweenStops = 256;

class Counter {
 public:
  Counter(CountBy by, const CountLimits& limits) : by_(by), limits_(limits) {}

  // Of rows from the newest to the oldest.
  void Add(const std::string& probe, Event event) {
    Fingerprint key =
        by_ == CountBy::kTemplate ? Fingerprint::Of(event.template_text) : FingerprintOf(event);
    auto found = kinds_.find(key);
    if (found == kinds_.end()) {
      size_t size = sizeof(Kind) + event.source.size() + event.code.size() +
                    event.template_text.size() + event.message.size();
      if (kinds_.size() >= limits_.max_kinds || bytes_ + size > limits_.max_bytes) {
        others_ += event.count;
        return;
      }
      bytes_ += size;
      found = kinds_.emplace(key, Kind{}).first;
      EventCount& fresh = found->second.of;
      fresh.fingerprint = key;
      fresh.source = std::move(event.source);
      fresh.code = std::move(event.code);
      fresh.template_text = std::move(event.template_text);
      fresh.message = std::move(event.message);
      fresh.first_at = event.at;
      fresh.last_at = event.at;
    } else {
      if (found->second.of.source != event.source) found->second.of.source.clear();
      if (found->second.of.code != event.code) found->second.of.code.clear();
    }
    EventCount& of = found->second.of;
    of.count += event.count;
    of.severity = std::max(of.severity, event.severity);
    of.first_at = std::min(of.first_at, event.at);
    of.last_at = std::max({of.last_at, event.at, event.last_at});
    if (bytes_ + kBytesOfProbe <= limits_.max_bytes &&
        found->second.probes.insert(Fingerprint::Of(probe)).second) {
      ++of.probes;
      bytes_ += kBytesOfProbe;
    }
  }

  EventCounts Take() {
    EventCounts result;
    for (auto& [key, kind] : kinds_) result.counts.push_back(std::move(kind.of));
    kinds_.clear();
    std::stable_sort(result.counts.begin(), result.counts.end(),
                     [](const EventCount& a, const EventCount& b) { return a.count > b.count; });
    result.others = others_;
    while (result.counts.size() > limits_.max_listed) {
      result.others += result.counts.back().count;
      result.counts.pop_back();
    }
    return result;
  }

 private:
  static constexpr size_t kBytesOfProbe = 48;  // a node of the set

  struct Kind {
    EventCount of;
    std::set<Fingerprint> probes;
  };

  const CountBy by_;
  const CountLimits& limits_;
  std::map<Fingerprint, Kind> kinds_;
  size_t bytes_ = 0;
  uint64_t others_ = 0;
};

}  // namespace

Fingerprint FingerprintOf(const Event& event) {
  return Fingerprint::Of(event.source).Add(event.code).Add(event.template_text);
}

StatusOr<EventCounts> CountEvents(const Store& store, uint32_t partition, std::string_view customer,
                                  Timestamp from, Timestamp to, CountBy by,
                                  const CountLimits& limits) {
  Counter counter(by, limits);
  Status failure;
  uint64_t rows = 0;
  FW_RETURN_IF_ERROR(store.VisitHistory(partition, customer, from, to, [&](const HistoryRow& row) {
    if (rows++ % kRowsBetweenStops == 0 && limits.stop && limits.stop()) {
      failure = Cancelled("counting events was ended by who asked for it");
      return false;
    }
    if (row.kind != HistoryKind::kEvent) return true;
    StatusOr<Event> event = DecodeRecord<Event>(row.record);
    if (!event.ok()) {
      failure = event.status().With(fmt::format("an event of {}", customer));
      return false;
    }
    counter.Add(row.probe, *std::move(event));
    return true;
  }));
  FW_RETURN_IF_ERROR(failure);
  return counter.Take();
}

}  // namespace forewarn
