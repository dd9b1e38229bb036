#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "model/numbered_source.h"
#include "rules/series_notation.h"

namespace forewarn {

// Series in memory that grow: what the store is to the rules. The first sample with a time wins.
class FakeSource : public NumberedSource {
 public:
  // What the sample's entry brought by it: nothing when there is one with its time already. False when that has another
  // value, and this is no stale marker.
  bool Write(const Labels& labels, Sample sample) {
    auto [series, is_new] = series_.try_emplace(labels);
    if (is_new) {
      series->second.id = static_cast<SeriesId>(by_id_.size() + 1);
      by_id_.push_back(&*series);
      named.push_back({series->second.id, labels});
    }
    auto [there, is_first] = series->second.samples.emplace(sample.at, sample.value);
    if (is_first) taken.Add(series->second.id, sample.at, sample.value);
    return is_first || IsStale(sample.value) || there->second == sample.value;
  }

  // What was written since the last Begin(), as an entry brings it.
  void Begin() {
    taken = {};
    named.clear();
  }
  AppliedSamples taken;
  std::vector<NewSeries> named;

  // In promtool's notation; value i at start + i * interval.
  void Write(std::string_view noted, Timestamp start, Duration interval) {
    SeriesData data = ParseSeries(noted)->At(start, interval);
    for (const Sample& sample : data.samples) Write(data.labels, sample);
  }

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits&) const override {
    ++selected;
    if (fail) return Unavailable("the source is broken");
    std::vector<SeriesData> found;
    for (const auto& [labels, series] : series_) {
      if (matchers.empty() || !MatchesAll(matchers, labels)) continue;
      SeriesData data{labels, Between(series.samples, from, to)};
      if (!data.samples.empty()) found.push_back(std::move(data));
    }
    return found;
  }

  StatusOr<std::vector<SeriesId>> Match(const Matchers& matchers) const override {
    std::vector<SeriesId> ids;
    for (const auto* series : by_id_) {
      if (!matchers.empty() && MatchesAll(matchers, series->first))
        ids.push_back(series->second.id);
    }
    return ids;
  }
  Labels LabelsOf(SeriesId id) const override { return by_id_[id - 1]->first; }
  std::vector<SeriesId> InOrder(std::span<const SeriesId> ids) const override {
    std::vector<SeriesId> ordered(ids.begin(), ids.end());
    std::ranges::sort(ordered, {}, [&](SeriesId id) { return LabelsOf(id); });
    return ordered;
  }
  StatusOr<std::vector<Sample>> Read(SeriesId id, Timestamp from, Timestamp to) const override {
    ++reads;
    if (fail) return Unavailable("the source is broken");
    return Between(by_id_[id - 1]->second.samples, from, to);
  }

  bool fail = false;
  mutable size_t reads = 0;
  mutable size_t selected = 0;

 private:
  using Samples = std::map<Timestamp, double>;
  struct Series {
    SeriesId id = 0;
    Samples samples;
  };

  static std::vector<Sample> Between(const Samples& samples, Timestamp from, Timestamp to) {
    std::vector<Sample> found;
    for (auto it = samples.lower_bound(from); it != samples.end() && it->first <= to; ++it) {
      found.push_back({it->first, it->second});
    }
    return found;
  }

  std::map<Labels, Series> series_;
  std::vector<std::pair<const Labels, Series>*> by_id_;
};

}  // namespace forewarn
