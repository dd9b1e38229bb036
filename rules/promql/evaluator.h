#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "rules/promql/ast.h"
#include "rules/promql/promql.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// What all parts of one query share. Loans.
struct QueryContext {
  const SeriesSource& source;
  const EvalLimits& limits;
  Timestamp start;  // of the whole query: `@ start()` and `@ end()`
  Timestamp end;
  Budget& budget;
};

// The values of a node at every step of a grid: a scalar, an instant vector or a string.
using Result = std::variant<Column, Rows, std::string>;

// The samples of a range selector or a subquery, and how its windows lie on the grid.
struct RangeData {
  std::vector<SeriesData> series;  // no stale markers, no empty series
  Duration range{0};
  Shift shift;
};

// Whether the order of an instant query's results means something; otherwise they are in the order of their labels.
// `root` is below any parentheses.
bool IsOrdered(const Node& root);

// Walks the tree once, bottom up. Each selector is read from the source once. An evaluator lives
// for one walk and is not thread-safe.
class Evaluator {
 public:
  Evaluator(const QueryContext& query, Grid grid) : query_(query), grid_(grid) {}

  // `node` is not a range vector; of those, see Ranges().
  StatusOr<Result> Evaluate(const Node& node);
  StatusOr<Rows> EvaluateRows(const Node& node);
  StatusOr<Column> EvaluateColumn(const Node& node);

  // A range selector or a subquery below any parentheses.
  StatusOr<RangeData> Ranges(const Node& node);

  // The instant that a shifted selector looks from at a step.
  Timestamp Reference(const Shift& shift, size_t step) const;

 private:
  enum class Cell { kValue, kTimestamp };

  StatusOr<Rows> SelectRows(const Selector& selector, Cell cell);
  StatusOr<Result> EvaluateUnary(const Unary& unary);
  StatusOr<Result> EvaluateBinary(const Binary& binary);
  StatusOr<Result> Combine(const Binary& binary, Result left, Result right);
  StatusOr<Rows> EvaluateAggregate(const Aggregate& aggregate);
  StatusOr<Result> EvaluateCall(const Call& call);
  StatusOr<Rows> EvaluateRangeCall(const Call& call);
  StatusOr<Rows> EvaluateElementwise(const Call& call);
  StatusOr<RangeData> RunSubquery(const Subquery& subquery);
  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to);
  // Pays for `rows` rows of the grid before they are made.
  Status ChargeRows(size_t rows) { return query_.budget.ChargeRows(rows, grid_.count); }

  const QueryContext& query_;
  const Grid grid_;
};

}  // namespace forewarn::promql
