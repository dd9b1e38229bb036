#pragma once

#include <optional>
#include <span>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"
#include "rules/promql/functions.h"

namespace forewarn::promql {

// The samples of one series in one range, and what else a function over ranges needs to know.
struct Window {
  std::span<const Sample> samples;  // at least one; no stale markers
  Timestamp from;                   // the range, both ends included
  Timestamp to;
  Timestamp at;                        // the evaluation instant
  std::span<const double> parameters;  // the scalar arguments, in order
};

// The value of `rate`, `avg_over_time` and the other functions over ranges, or nothing where there
// are too few samples. The arithmetic, compensated sums and extrapolation included, is
// Prometheus 2.42's.
std::optional<double> ApplyToWindow(FunctionId function, const Window& window);

// Whether parameters make sense: holt_winters wants its factors between 0 and 1.
Status CheckParameters(FunctionId function, std::span<const double> parameters);

}  // namespace forewarn::promql
