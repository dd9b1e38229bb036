#pragma once

#include <optional>
#include <vector>

#include "model/labels.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// A bucket of a classic histogram: how many observations are at most `bound`.
struct Bucket {
  double bound = 0;
  double count = 0;
};

// The q-quantile by interpolation within the bucket that holds it. NaN without a +Inf bucket,
// another bucket and an observation; counts that fall from one bucket to the next are raised first.
double BucketQuantile(double q, std::vector<Bucket> buckets);

// The bound of the bucket that a series with these labels is, which become those of its histogram. Nothing for a series
// that is none; then the labels mean nothing any more.
std::optional<double> TakeBound(Labels& labels);

// histogram_quantile: rows with the label `le` are grouped by their other labels.
StatusOr<Rows> HistogramQuantile(const Column& q, const Rows& rows);

}  // namespace forewarn::promql
