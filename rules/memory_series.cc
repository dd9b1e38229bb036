#include "rules/memory_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/matcher.h"

namespace forewarn {

void MemorySeries::Give(SeriesData series) {
  Series& added = series_[series.labels];
  added = Series();
  added.given = std::move(series.samples);
}

void MemorySeries::Reveal(Timestamp until) {
  for (auto& [labels, series] : series_) {
    while (series.revealed < series.given.size() && series.given[series.revealed].at <= until)
      series.samples.push_back(series.given[series.revealed++]);
  }
}

Status MemorySeries::Write(const Labels& labels, Sample sample) {
  std::vector<Sample>& samples = series_[labels].samples;
  if (!samples.empty() && samples.back().at >= sample.at) {
    if (samples.back() == sample) return OkStatus();
    return InvalidArgument(fmt::format(
        "{} has {} already; another rule records it too, or the test gives it", labels.ToString(),
        samples.back().at == sample.at ? "another value at this time" : "a later sample"));
  }
  samples.push_back(sample);
  return OkStatus();
}

StatusOr<std::vector<SeriesData>> MemorySeries::Select(const Matchers& matchers, Timestamp from,
                                                       Timestamp to,
                                                       const SelectLimits& limits) const {
  std::vector<SeriesData> found;
  if (matchers.empty()) return found;
  size_t samples = 0;
  for (const auto& [labels, series] : series_) {
    if (!MatchesAll(matchers, labels)) continue;
    auto begin = std::ranges::lower_bound(series.samples, from, {}, &Sample::at);
    auto end = std::ranges::upper_bound(series.samples, to, {}, &Sample::at);
    if (begin >= end) continue;
    samples += static_cast<size_t>(end - begin);
    if (found.size() >= limits.max_series || samples > limits.max_samples) {
      return ResourceExhausted(fmt::format("a selector matches more than {} series or {} samples",
                                           limits.max_series, limits.max_samples));
    }
    found.push_back({labels, {begin, end}});
  }
  return found;
}

}  // namespace forewarn
