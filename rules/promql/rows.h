#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/series_source.h"
#include "rules/promql/budget.h"

namespace forewarn::promql {

// What the evaluator computes with: every node of the tree gives its values at all steps of the
// query at once, so that labels are matched and grouped once and not at every step.

// The instants of a query; an instant query has one.
struct Grid {
  Timestamp first;
  Duration step{0};
  size_t count = 1;

  Timestamp At(size_t i) const { return first + step * static_cast<int64_t>(i); }
  Timestamp last() const { return At(count - 1); }
};

// A cell without a value holds the stale marker: no series has it as a value, and arithmetic cannot
// make it.
inline bool IsValue(double cell) { return !IsStale(cell); }

// One series of an instant vector: a cell for each step.
struct Row {
  Labels labels;
  std::vector<double> cells;
};
using Rows = std::vector<Row>;

// A scalar at each step.
using Column = std::vector<double>;

// Removes rows without any value.
void DropEmpty(Rows& rows);

// Joins rows with equal labels, such as what is left of two metrics once their names are gone.
// Fails where two of them have a value at one step.
StatusOr<Rows> JoinEqual(Rows rows);

// Fails when two rows have equal labels, whether or not they have values at one step.
Status CheckDistinct(const Rows& rows);

}  // namespace forewarn::promql
