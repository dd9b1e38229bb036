#include "collector/doors/batch_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/record.h"
#include "base/units.h"

namespace forewarn {
namespace {

constexpr int64_t kMaxTimeMs = 253'402'300'799'999;  // the last millisecond of the year 9999
constexpr size_t kMaxNameBytes = 256;
// A batch is folded in one go: this many samples take milliseconds, and other customers wait for no
// longer.
constexpr size_t kSamplesInBatch = 10'000;
constexpr size_t kEventBytesInBatch = 1 << 20;

size_t SizeOf(const Event& event) {
  size_t size = event.message.size() + event.template_text.size();
  for (const auto& [name, value] : event.attributes) size += name.size() + value.size();
  return size;
}

std::string Shown(const std::vector<Labels::Pair>& labels) {
  for (const auto& [name, value] : labels) {
    if (name == kMetricName) return fmt::format("series '{}'", value.substr(0, 100));
  }
  return "a series without a name";
}

// Cuts at the border of a character.
void CutTo(size_t limit, std::string& text) {
  if (text.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
}

}  // namespace

BatchBuilder::BatchBuilder(const SourceToken& from, const LimitSettings& limits, Timestamp now)
    : limits_(limits),
      now_(now),
      source_{from.customer, from.installation, from.source_id},
      identity_({{"customer", from.customer},
                 {"installation", from.installation},
                 {"probe", from.source_id}}) {}

Status BatchBuilder::Check(const std::vector<Labels::Pair>& labels) const {
  size_t count = labels.size() + identity_.size();
  if (std::cmp_greater(count, limits_.labels_per_series)) {
    return ResourceExhausted(
        fmt::format("{} labels, above the limit of {}; drop labels at the source, or raise "
                    "limits.labels_per_series",
                    count, limits_.labels_per_series));
  }
  bool named = false;
  for (const auto& [name, value] : labels) {
    if (!IsLabelName(name)) {
      return InvalidArgument(
          fmt::format("'{}' is not a label name ([a-zA-Z_][a-zA-Z0-9_]*)", name.substr(0, 100)));
    }
    if (value.empty()) {
      return InvalidArgument(fmt::format("the value of '{}' is empty", name.substr(0, 100)));
    }
    if (std::cmp_greater(name.size(), limits_.label_name_size)) {
      return ResourceExhausted(fmt::format(
          "the name '{}…' has {} bytes, above the limit of {}; shorten it at the source, or raise "
          "limits.label_name_size",
          name.substr(0, 40), name.size(), limits_.label_name_size));
    }
    if (std::cmp_greater(value.size(), limits_.label_value_size)) {
      return ResourceExhausted(fmt::format(
          "the value of '{}' has {} bytes, above the limit of {}; shorten it at the source, or "
          "raise limits.label_value_size",
          name, value.size(), limits_.label_value_size));
    }
    if (name == kMetricName) {
      named = true;
      if (!IsMetricName(value)) {
        return InvalidArgument(fmt::format("'{}' is not a metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)",
                                           value.substr(0, 100)));
      }
    }
  }
  if (!named) return InvalidArgument("a series needs a __name__");
  return OkStatus();
}

bool BatchBuilder::Hold(size_t bytes) {
  if (bytes_ > kMaxBytes) return false;
  bytes_ += bytes;
  return bytes_ <= kMaxBytes;
}

Status BatchBuilder::room() const {
  if (bytes_ <= kMaxBytes) return OkStatus();
  return ResourceExhausted(
      fmt::format("labels and events of the request take more than {} MiB; send smaller requests",
                  kMaxBytes >> 20));
}

void BatchBuilder::BackTo(const Mark& mark) {
  series_.resize(mark.series);
  refs_.resize(mark.samples);
  times_.resize(mark.samples);
  values_.resize(mark.samples);
  differences_.resize(mark.differences);
}

uint32_t BatchBuilder::AddSeries(std::vector<Labels::Pair> labels) {
  Status status = room();
  if (status.ok()) status = Check(labels);
  if (status.ok()) {
    std::ranges::sort(labels);
    auto twice = std::ranges::adjacent_find(labels, {}, &Labels::Pair::first);
    if (twice != labels.end()) {
      status = InvalidArgument(fmt::format("the name '{}' is given twice", twice->first));
    }
  }
  if (!status.ok()) {
    series_reason_ = status.With(Shown(labels)).message();
    return kNoSeries;
  }
  auto taken = [&](const std::string& name) {
    return std::ranges::any_of(labels,
                               [&](const Labels::Pair& pair) { return pair.first == name; });
  };
  for (const auto& [ours, value] : identity_) {
    for (Labels::Pair& theirs : labels) {
      if (theirs.first != ours) continue;
      std::string name = ours;
      do {
        name.insert(0, "exported_");
      } while (taken(name));
      theirs.first = std::move(name);
    }
  }
  labels.insert(labels.end(), identity_.begin(), identity_.end());
  size_t bytes = sizeof(Labels);
  for (const auto& [name, value] : labels) bytes += name.size() + value.size() + 2;
  if (!Hold(bytes)) {
    series_reason_ = room().message();
    return kNoSeries;
  }
  series_.emplace_back(std::move(labels));
  return static_cast<uint32_t>(series_.size() - 1);
}

void BatchBuilder::AddSample(uint32_t series, int64_t time_ms, double value) {
  if (series == kNoSeries) return Refuse(1, series_reason_);
  if (time_ms < 0 || time_ms > kMaxTimeMs) {
    if (refused_ > 0) return Refuse(1, "");  // the first reason is said, and none is made of others
    return Refuse(1, fmt::format("{}: {} is not a time in milliseconds since 1970",
                                 series_[series].ToString(), time_ms));
  }
  refs_.push_back(series);
  times_.push_back(FromMillis(time_ms));
  values_.push_back(value);
}

void BatchBuilder::AddDifference(uint32_t series, int64_t time_ms, double difference,
                                 int64_t since_ms) {
  size_t before = refs_.size();
  AddSample(series, time_ms, difference);
  if (refs_.size() == before) return;
  bool is_good = since_ms > 0 && since_ms < time_ms;
  differences_.emplace_back(before, is_good ? FromMillis(since_ms) : kTimeZero);
}

Status BatchBuilder::Check(const Event& event) const {
  if (event.at < now_ - limits_.accepted_age) {
    return OutOfRange(
        fmt::format("from {}, which is older than limits.accepted_age", FormatTime(event.at)));
  }
  if (event.at > now_ + limits_.accepted_future) {
    return OutOfRange(fmt::format(
        "from {}, which is further ahead of the collector's clock than limits.accepted_future",
        FormatTime(event.at)));
  }
  if (size_t size = SizeOf(event); std::cmp_greater(size, limits_.event_size)) {
    return ResourceExhausted(
        fmt::format("message and attributes have {} bytes, above the limit of {}; shorten them at "
                    "the source, or raise limits.event_size",
                    size, limits_.event_size));
  }
  if (std::cmp_greater(event.attributes.size(), limits_.labels_per_series)) {
    return ResourceExhausted(
        fmt::format("{} attributes, above the limit of {}; drop some at the source, or raise "
                    "limits.labels_per_series",
                    event.attributes.size(), limits_.labels_per_series));
  }
  return OkStatus();
}

void BatchBuilder::AddEvent(Event event, std::optional<Fingerprint> id) {
  CutTo(kMaxNameBytes, event.source);
  CutTo(kMaxNameBytes, event.code);
  if (Status status = Check(event); !status.ok()) {
    return Refuse(1, status.With(fmt::format("an event of '{}'", event.source)).message());
  }
  // Also when it is one that is there already: it was made and is compared.
  if (!Hold(SizeOf(event) + sizeof(Event))) return Refuse(1, room().message());
  event.last_at = std::max(event.at, event.last_at);
  Fingerprint key = id ? *id : Fingerprint::Of(EncodeRecord(event));
  auto [known, is_new] = event_index_.try_emplace(key, events_.size());
  if (!is_new) {
    if (!id) ++events_[known->second].count;
    return;
  }
  events_.push_back(std::move(event));
  ids_.push_back(id);
}

void BatchBuilder::Refuse(uint64_t items, const std::string& why) {
  if (refused_ == 0 && items > 0) first_reason_ = why;
  refused_ += items;
}

std::vector<DoorBatch> BatchBuilder::Take() {
  std::vector<DoorBatch> batches;
  TakeSamples(batches);
  TakeEvents(batches);
  for (DoorBatch& each : batches) each.batch.source = source_;
  return batches;
}

void BatchBuilder::TakeSamples(std::vector<DoorBatch>& batches) {
  auto difference = differences_.begin();
  std::vector<size_t> last(series_.size());  // the sample that needs a series last
  for (size_t i = 0; i < refs_.size(); ++i) last[refs_[i]] = i;
  // Each batch is journaled by itself, so it has its own series and no others.
  std::vector<uint32_t> place(series_.size(), kNoSeries);
  for (size_t from = 0; from < refs_.size(); from += kSamplesInBatch) {
    size_t to = std::min(from + kSamplesInBatch, refs_.size());
    DoorBatch& each = batches.emplace_back();
    SampleBlock& block = each.batch.samples;
    SeriesTable own;
    for (size_t i = from; i < to; ++i) {
      uint32_t series = refs_[i];
      if (place[series] == kNoSeries) {
        place[series] = static_cast<uint32_t>(own.series.size());
        if (last[series] < to) {
          own.series.push_back(std::move(series_[series]));
        } else {
          own.series.push_back(series_[series]);
        }
      }
      if (difference != differences_.end() && difference->first == i) {
        each.differences.push_back(
            {i - from, own.series[place[series]].fingerprint(), difference->second});
        ++difference;
      }
      block.refs.push_back(place[series]);
    }
    for (size_t i = from; i < to; ++i) place[refs_[i]] = kNoSeries;
    auto first = static_cast<std::ptrdiff_t>(from);
    auto last = static_cast<std::ptrdiff_t>(to);
    block.times.assign(times_.begin() + first, times_.begin() + last);
    block.values.assign(values_.begin() + first, values_.begin() + last);
    block.table = std::make_shared<const SeriesTable>(std::move(own));
  }
}

void BatchBuilder::TakeEvents(std::vector<DoorBatch>& batches) {
  size_t bytes = 0;
  for (size_t i = 0; i < events_.size(); ++i) {
    size_t size = SizeOf(events_[i]) + kMaxNameBytes;
    if (batches.empty() || bytes + size > kEventBytesInBatch) {
      batches.emplace_back();
      bytes = 0;
    }
    bytes += size;
    DoorBatch& each = batches.back();
    each.event_ids.push_back(ids_[i] ? *ids_[i] : Fingerprint::Of(EncodeRecord(events_[i])));
    each.batch.events.push_back(std::move(events_[i]));
  }
}

}  // namespace forewarn
