#pragma once

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "model/series_source.h"
#include "rules/series_notation.h"

namespace forewarn {

// Series in memory that grow: what the store is to the rules. The first sample with a time wins.
class FakeSource : public SeriesSource {
 public:
  void Write(const Labels& labels, Sample sample) {
    series_[labels].emplace(sample.at, sample.value);
  }

  // In promtool's notation; value i at start + i * interval.
  void Write(std::string_view noted, Timestamp start, Duration interval) {
    SeriesData data = ParseSeries(noted)->At(start, interval);
    for (const Sample& sample : data.samples) Write(data.labels, sample);
  }

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits&) const override {
    if (fail) return Unavailable("the source is broken");
    std::vector<SeriesData> found;
    for (const auto& [labels, samples] : series_) {
      if (matchers.empty() || !MatchesAll(matchers, labels)) continue;
      SeriesData data{labels, {}};
      for (auto it = samples.lower_bound(from); it != samples.end() && it->first <= to; ++it) {
        data.samples.push_back({it->first, it->second});
      }
      if (!data.samples.empty()) found.push_back(std::move(data));
    }
    return found;
  }

  bool fail = false;

 private:
  std::map<Labels, std::map<Timestamp, double>> series_;
};

}  // namespace forewarn
