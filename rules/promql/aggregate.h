#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "rules/promql/ast.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// Sums up the rows of each group. `parameter` is the k of topk and bottomk or the q of quantile, at
// each step; `label` is the label that count_values writes. topk and bottomk keep whole rows, and
// at a single step they come in the order of their values. Rows that count_values makes are paid for.
StatusOr<Rows> AggregateRows(const Aggregate& aggregate, const Column& parameter,
                             std::string_view label, Rows rows, Budget& budget);

// The labels of the group that a row with these belongs to.
Labels GroupLabels(const Aggregate& aggregate, const Labels& labels);

// A row that topk or bottomk ranks by its value.
struct Ranked {
  double value = 0;
  size_t row = 0;
};

// Puts the rows of a group in their order, the best first, and says how many of them stay. Fails when `k` is no usable
// number.
StatusOr<size_t> Rank(TokenKind op, double k, std::vector<Ranked>& rows);

// What `op`, which is none of topk, bottomk and count_values, makes of the values of a group, of which there is
// one at least. `parameter` is the q of quantile.
double Summarize(TokenKind op, double parameter, const std::vector<double>& values);

// The q-quantile of values, interpolated linearly; NaN without values, -Inf and +Inf for q outside
// [0, 1].
double Quantile(double q, std::vector<double> values);

}  // namespace forewarn::promql
