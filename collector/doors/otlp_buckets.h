#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/status.h"

namespace forewarn::foreign::otlp {
class ExponentialHistogramDataPoint;
class HistogramDataPoint;
}  // namespace forewarn::foreign::otlp

namespace forewarn {

// A histogram as Prometheus has it: for each upper bound how many values are not above it. Bounds
// rise, counts do not fall; the last bound is +Inf.
using OtlpBuckets = std::vector<std::pair<double, double>>;

// kInvalidArgument when bounds and counts do not fit each other, bounds do not rise, or the counts do
// not add up to the count. Without bounds there is only +Inf.
StatusOr<OtlpBuckets> BucketsOf(const foreign::otlp::HistogramDataPoint& point);

// Buckets of scales above 0 are put together to those of scale 0, whose bounds are the powers of two; of
// scales below, the bounds are fewer of these. There are those from the lowest to the highest bucket that is
// not empty: as values come, bounds are added, and none goes while the counts only grow.
// kInvalidArgument for a bucket beyond what a double can hold, and for counts that do not add up.
StatusOr<OtlpBuckets> BucketsOf(const foreign::otlp::ExponentialHistogramDataPoint& point);

}  // namespace forewarn
