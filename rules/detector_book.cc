#include "rules/detector_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/record.h"

namespace forewarn {
namespace {

// In samples touched: to find a series; to take a sample into a block, and to fit a line when a block ends
// (300 slopes, sorted).
constexpr uint64_t kSeriesWork = 100;
constexpr uint64_t kSampleWork = 5;
constexpr uint64_t kFitWork = 2000;

std::string KeyOf(const DetectorSpec& spec) {
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

// The series that a detector records of another.
Labels FindingSeries(const DetectorSpec& spec, const Labels& series, std::string_view suffix) {
  Labels labels = series;
  labels.Set(kMetricName, fmt::format("{}{}", spec.record, suffix));
  return labels;
}

bool IsAlive(const SeriesData& series, Timestamp until) {
  const Sample& newest = series.samples.back();
  return !IsStale(newest.value) && newest.at > until - DetectorBook::kAlive;
}

template <typename Map>
void EraseAll(Map& map, std::string_view prefix) {
  auto it = map.lower_bound(prefix);
  while (it != map.end() && it->first.starts_with(prefix)) it = map.erase(it);
}

}  // namespace

void DetectorBook::SetSpecs(const std::vector<DetectorSpec>& specs) {
  specs_.clear();
  std::set<std::string, std::less<>> keys;
  for (const DetectorSpec& spec : specs) {
    specs_.push_back({spec, KeyOf(spec)});
    keys.insert(specs_.back().key);
  }
  std::erase_if(watched_, [&](const auto& item) {
    if (keys.contains(item.second.record.spec)) return false;
    dirty_.insert(item.first);
    return true;
  });
  std::erase_if(since_, [&](const auto& item) {
    return !keys.contains(std::string_view(item.first).substr(item.first.rfind('/') + 1));
  });
}

Status DetectorBook::Restore(std::string_view id, std::string_view record) {
  Watched watched;
  FW_ASSIGN_OR_RETURN(watched.record, DecodeRecord<Record>(record));
  watched_.insert_or_assign(std::string(id), std::move(watched));
  return OkStatus();
}

void DetectorBook::Notice(std::string_view probe, Timestamp from) {
  if (specs_.empty()) return;
  const std::string prefix = IdPrefix(probe);
  for (auto it = since_.lower_bound(prefix); it != since_.end() && it->first.starts_with(prefix);
       ++it) {
    it->second = std::min(it->second, from);
  }
}

void DetectorBook::NoticeDerived(std::string_view probe, const Labels& series, Timestamp at) {
  for (const Spec& spec : specs_) {
    if (!MatchesAll(spec.declared.selector, series)) continue;
    news_.emplace(probe);
    // Whom nobody was told of yet is read anyway.
    auto since = since_.find(IdPrefix(probe) + spec.key);
    if (since != since_.end()) since->second = std::min(since->second, at);
  }
}

Status DetectorBook::Observe(std::string_view probe, const SeriesSource& source, Timestamp until,
                             const Write& write) {
  Status first_failure;
  work_ = 0;
  if (auto news = news_.find(probe); news != news_.end()) news_.erase(news);
  for (const Spec& spec : specs_) {
    Status status = Tell({spec, probe, source, until, write});
    if (first_failure.ok())
      first_failure = status.With(fmt::format("detector '{}'", spec.declared.record));
  }
  return first_failure;
}

Status DetectorBook::Tell(const Telling& telling) {
  const DetectorSpec& spec = telling.spec.declared;
  const Timestamp reach = telling.until - kReach + 1ms;
  const auto [at, is_unknown] =
      since_.try_emplace(IdPrefix(telling.probe) + telling.spec.key, reach);
  Timestamp& since = at->second;  // a loan: a map's elements stay where they are
  const Timestamp from = std::max(since, reach);
  if (from > telling.until) return OkStatus();
  const bool is_cut = is_unknown || since < from;
  StatusOr<std::vector<SeriesData>> selected =
      telling.source.Select(spec.selector, from, telling.until, kLimits);
  if (!selected.ok()) {
    work_ += kLimits.max_samples;
    since_.erase(at);
    return selected.status();
  }
  std::vector<SeriesData> found = std::move(*selected);
  const auto alive = static_cast<size_t>(
      std::ranges::count_if(found, [&](const auto& data) { return IsAlive(data, telling.until); }));
  work_ += found.size() * kSeriesWork;
  for (const SeriesData& data : found) work_ += data.samples.size();
  if (alive > kSeriesMax) {
    since_.erase(at);
    return ResourceExhausted(
        fmt::format("{} selects {} series of one probe, but at most {} are watched; narrow it",
                    spec.selector_text, alive, kSeriesMax));
  }
  // Before anything is written, which may be what it watches itself.
  since = telling.until + 1ms;
  for (SeriesData& data : found) {
    Status status = TellSeries(telling, std::move(data), from, is_cut);
    if (status.ok()) continue;
    since = std::min(since, from);
    return status;
  }
  return OkStatus();
}

Status DetectorBook::TellSeries(const Telling& telling, SeriesData data, Timestamp from,
                                bool is_cut) {
  const std::string id = fmt::format("{}{}/{}", IdPrefix(telling.probe), telling.spec.key,
                                     data.labels.fingerprint().ToString());
  Watched& watched = watched_[id];
  const bool is_known = !watched.record.state.empty();
  if (!is_known) {
    watched.record.spec = telling.spec.key;
    watched.record.probe = telling.probe;
    watched.record.series = data.labels;
  }
  // What was found are all that it does not know, unless it was not there, or has passed some of their times already.
  const bool is_whole =
      is_known && (watched.detector == nullptr || *watched.told >= from || is_cut);
  if (is_whole) {
    FW_ASSIGN_OR_RETURN(data.samples, ReadOne(telling, data.labels, watched.record.fed));
    const auto known =
        static_cast<size_t>(std::ranges::count_if(data.samples, [&](const Sample& sample) {
          return watched.told && sample.at <= *watched.told;
        }));
    if (watched.detector == nullptr || known != watched.told_since) {
      FW_RETURN_IF_ERROR(Rewind(telling, watched));
    }
  } else if (watched.detector == nullptr) {
    FW_RETURN_IF_ERROR(Rewind(telling, watched));
  }
  const Duration block = telling.spec.declared.forecast.block;
  for (const Sample& sample : data.samples) {
    if (watched.told && sample.at <= *watched.told) continue;
    const bool is_new_block = !watched.told || watched.told->time_since_epoch() / block !=
                                                   sample.at.time_since_epoch() / block;
    work_ += is_new_block ? kFitWork : kSampleWork;
    watched.newest = watched.detector->Observe(sample.at, sample.value);
    watched.told = sample.at;
    ++watched.told_since;
  }
  WriteFinding(telling, watched);
  Keep(id, watched);
  return OkStatus();
}

Status DetectorBook::Rewind(const Telling& telling, Watched& watched) {
  const Record& record = watched.record;
  std::unique_ptr<Detector> detector = MakeForecast(telling.spec.declared.forecast);
  if (!record.state.empty()) {
    if (watched.detector == nullptr) FW_RETURN_IF_ERROR(Recall(telling, watched));
    Decoder in(record.state);
    FW_RETURN_IF_ERROR(detector->Load(in));
    watched.told = record.fed;
  }
  watched.detector = std::move(detector);
  watched.told_since = 0;
  return OkStatus();
}

// Finds out what was written last in an earlier life.
Status DetectorBook::Recall(const Telling& telling, Watched& watched) {
  const Record& record = watched.record;
  watched.wrote = record.fed;
  watched.claims = record.claims;
  FW_ASSIGN_OR_RETURN(
      std::vector<Sample> written,
      ReadOne(telling, FindingSeries(telling.spec.declared, record.series, ""), record.fed));
  if (written.empty()) return OkStatus();
  watched.wrote = written.back().at;
  watched.claims = !IsStale(written.back().value);
  return OkStatus();
}

void DetectorBook::WriteFinding(const Telling& telling, Watched& watched) {
  static constexpr double Finding::*kFields[] = {&Finding::value, &Finding::lower, &Finding::upper,
                                                 &Finding::confidence};
  if (!watched.newest && !watched.claims) return;
  const Timestamp at = *watched.told;
  if (watched.wrote && at <= *watched.wrote) return;
  watched.wrote = at;
  watched.claims = watched.newest.has_value();
  for (size_t i = 0; i < std::size(kFields); ++i) {
    telling.write(FindingSeries(telling.spec.declared, watched.record.series, kFindingSuffixes[i]),
                  {at, watched.newest ? (*watched.newest).*kFields[i] : StaleMarker()});
  }
}

void DetectorBook::Keep(const std::string& id, Watched& watched) {
  Record& record = watched.record;
  if (!record.state.empty() && *watched.told - record.fed < kSnapshotEvery) return;
  Encoder state;
  watched.detector->Save(state);
  record.state = state.Take();
  record.fed = *watched.told;
  record.claims = watched.claims;
  watched.told_since = 0;
  dirty_.insert(id);
}

// The samples of one series up to the end.
StatusOr<std::vector<Sample>> DetectorBook::ReadOne(const Telling& telling, const Labels& series,
                                                    Timestamp after) {
  Matchers exactly;
  for (const auto& [name, value] : series) {
    exactly.push_back(Matcher::Equal(std::string(name), std::string(value)));
  }
  FW_ASSIGN_OR_RETURN(std::vector<SeriesData> found,
                      telling.source.Select(exactly, after + 1ms, telling.until, SelectLimits{}));
  // Another series may have all of these labels, and more.
  auto one = std::ranges::find(found, series, &SeriesData::labels);
  work_ += kSeriesWork;
  if (one == found.end()) return std::vector<Sample>();
  work_ += one->samples.size();
  return std::move(one->samples);
}

void DetectorBook::Forget(std::string_view probe) {
  const std::string prefix = IdPrefix(probe);
  for (auto it = watched_.lower_bound(prefix);
       it != watched_.end() && it->first.starts_with(prefix); ++it) {
    dirty_.insert(it->first);
  }
  EraseAll(watched_, prefix);
  EraseAll(since_, prefix);
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
