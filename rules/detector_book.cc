#include "rules/detector_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/record.h"

namespace forewarn {
namespace {

std::string Key(const DetectorSpec& spec) {
  return Fingerprint()
      .Add(spec.record)
      .Add(spec.selector_text)
      .Add(fmt::format("{} {} {}", spec.forecast.reaches, spec.forecast.min_history.count(),
                       spec.forecast.block.count()))
      .ToString();
}

std::string IdPrefix(std::string_view probe) {
  return fmt::format("{}{}/", DetectorBook::kIdPrefix, probe);
}

void WriteFinding(const DetectorSpec& spec, const Labels& series, Timestamp at,
                  const std::optional<Finding>& finding, const DetectorBook::Write& write) {
  static constexpr double Finding::*kFields[] = {&Finding::value, &Finding::lower, &Finding::upper,
                                                 &Finding::confidence};
  for (size_t i = 0; i < std::size(kFields); ++i) {
    Labels labels = series;
    labels.Set(kMetricName, fmt::format("{}{}", spec.record, kFindingSuffixes[i]));
    write(labels, {at, finding ? (*finding).*kFields[i] : StaleMarker()});
  }
}

}  // namespace

void DetectorBook::SetSpecs(std::vector<DetectorSpec> specs) {
  specs_ = std::move(specs);
  std::set<std::string> keys;
  for (const DetectorSpec& spec : specs_) keys.insert(Key(spec));
  std::erase_if(watched_, [&](const auto& item) {
    if (keys.contains(item.second.record.spec)) return false;
    dirty_.insert(item.first);
    return true;
  });
}

Status DetectorBook::Restore(std::string_view id, std::string_view record) {
  Watched watched;
  FW_ASSIGN_OR_RETURN(watched.record, DecodeRecord<Record>(record));
  watched.kept = watched.record.fed;
  watched_.insert_or_assign(std::string(id), std::move(watched));
  return OkStatus();
}

Status DetectorBook::Observe(std::string_view probe, const SeriesSource& source, Timestamp before,
                             Timestamp round, const Write& write) {
  Status first_failure;
  for (const DetectorSpec& spec : specs_) {
    Status status = Feed(spec, probe, source, before, round, write);
    if (first_failure.ok()) first_failure = status.With(fmt::format("detector '{}'", spec.record));
  }
  return first_failure;
}

Status DetectorBook::Feed(const DetectorSpec& spec, std::string_view probe,
                          const SeriesSource& source, Timestamp before, Timestamp round,
                          const Write& write) {
  // Whoever was restored reads again what came after its snapshot.
  Timestamp from = before;
  std::string key = Key(spec);
  std::string prefix = IdPrefix(probe) + key;
  for (auto it = watched_.lower_bound(prefix);
       it != watched_.end() && it->first.starts_with(prefix); ++it) {
    if (it->second.detector == nullptr) from = std::min(from, it->second.record.fed);
  }
  FW_ASSIGN_OR_RETURN(std::vector<SeriesData> found,
                      source.Select(spec.selector, from + 1ms, round, SelectLimits{}));
  if (found.size() > kSeriesMax) {
    return ResourceExhausted(
        fmt::format("{} selects {} series of one probe, but at most {} are watched; narrow it",
                    spec.selector_text, found.size(), kSeriesMax));
  }
  for (const SeriesData& data : found) {
    FW_RETURN_IF_ERROR(FeedSeries(spec, Get(spec, probe, data.labels), data, before, write));
  }
  return OkStatus();
}

DetectorBook::Watched& DetectorBook::Get(const DetectorSpec& spec, std::string_view probe,
                                         const Labels& series) {
  std::string key = Key(spec);
  std::string id = fmt::format("{}{}/{}", IdPrefix(probe), key, series.fingerprint().ToString());
  Watched& watched = watched_[id];
  watched.record.spec = key;
  watched.record.probe = probe;
  watched.record.series = series;
  return watched;
}

Status DetectorBook::FeedSeries(const DetectorSpec& spec, Watched& watched, const SeriesData& data,
                                Timestamp before, const Write& write) {
  Record& record = watched.record;
  if (watched.detector == nullptr) {
    watched.detector = MakeForecast(spec.forecast);
    if (!record.state.empty()) {
      Decoder in(record.state);
      FW_RETURN_IF_ERROR(watched.detector->Load(in));
    }
  }
  bool claimed = record.claims;
  std::optional<Finding> newest;
  Timestamp told = kTimeZero;
  for (const Sample& sample : data.samples) {
    if (sample.at <= record.fed) continue;  // late: the fold has passed it
    record.fed = sample.at;
    newest = watched.detector->Observe(sample.at, sample.value);
    record.claims = newest.has_value();
    if (sample.at <= before) {
      claimed = record.claims;  // told in an earlier life
    } else {
      told = sample.at;
    }
  }
  if (told == kTimeZero) return OkStatus();
  if (newest || claimed) WriteFinding(spec, record.series, told, newest, write);
  if (record.fed - watched.kept >= kSnapshotEvery) {
    Encoder state;
    watched.detector->Save(state);
    record.state = state.Take();
    watched.kept = record.fed;
    dirty_.insert(fmt::format("{}{}/{}", IdPrefix(record.probe), record.spec,
                              record.series.fingerprint().ToString()));
  }
  return OkStatus();
}

void DetectorBook::Forget(std::string_view probe) {
  std::string prefix = IdPrefix(probe);
  auto it = watched_.lower_bound(prefix);
  while (it != watched_.end() && it->first.starts_with(prefix)) {
    dirty_.insert(it->first);
    it = watched_.erase(it);
  }
}

void DetectorBook::TakeChanges(std::vector<StatePut>& out) {
  for (const std::string& id : dirty_) {
    auto it = watched_.find(id);
    out.push_back(
        {StateKind::kRules, id, it == watched_.end() ? "" : EncodeRecord(it->second.record)});
  }
  dirty_.clear();
}

}  // namespace forewarn
