#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/series_source.h"

namespace forewarn {

// The notation of promtool's unit tests for series: labels as PromQL writes them, then values, one
// for each interval:
//   1 2.5 -3 NaN +Inf     as they are
//   5x3                   5 5 5 5: one, and three more
//   1+2x3, 10-2x3         1 3 5 7, 10 8 6 4
//   _ , _x3               no sample, three times no sample
//   stale                 the series ends
struct NotedSeries {
  Labels labels;
  std::vector<std::optional<double>> values;

  // Value i at start + i * interval; the missing ones left out.
  SeriesData At(Timestamp start, Duration interval) const;
};

// More values than this are refused.
inline constexpr size_t kMaxNotedValues = 1'000'000;

// `disk_free_bytes{host="a"}`, `{host="a"}`, `{}`.
StatusOr<Labels> ParseSeriesLabels(std::string_view text);
StatusOr<std::vector<std::optional<double>>> ParseSeriesValues(std::string_view text);

// Both, with white space between: `disk_free_bytes{host="a"} 100e9-0.5e9x60`.
StatusOr<NotedSeries> ParseSeries(std::string_view text);

}  // namespace forewarn
