#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/series_source.h"
#include "rules/promql/budget.h"

namespace forewarn::promql {

// PromQL: text in, values out. An Expression is immutable, cheap to copy and safe to share.

struct Node;  // the typed tree: rules/promql/ast.h

class Expression {
 public:
  explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  const Node& root() const { return *root_; }

  // PromQL text that parses to an equal tree.
  std::string ToString() const;

  // Whether each result of an instant query can only rest on series with one value of `label`, and
  // carries that label: every selector, aggregation and vector match keeps it, and nothing like
  // absent() is in it. Never for `__name__`.
  bool Keeps(std::string_view label) const;

  // This expression with one more matcher in every selector.
  Expression With(const Matcher& matcher) const;

  // The matchers of each selector in it, in the order of the text.
  std::vector<Matchers> Selectors() const;

  // As long as no series matches any of these selectors, it has no result at any instant. Nothing when it may have
  // one without a series, as absent(x) and vector(1) have.
  std::optional<std::vector<Matchers>> Needs() const;

  // How far back of the evaluation instant it looks at most (range + offset + look-back of 5
  // minutes); Duration::max() when it looks at a fixed time (`@ 1700000000`).
  Duration Reach() const;

  // Whether it is a scalar or an instant vector, which a range query takes.
  bool IsInstant() const;

 private:
  std::shared_ptr<const Node> root_;
};

// Errors carry the position and a caret line:
//   1:1: unknown function 'rat'; did you mean 'rate'?
//     rat(x[5m])
//     ^
// Refused as well: more than 64 KiB of text, trees deeper than 200 levels, of which a chain of operators is one, and
// higher than 1200 with all operators of chains, more than 1000 matchers
// (100 in one selector), and regular expressions of more than 200 000 steps together (50 000 in one
// selector; each counts 1000 at least).
StatusOr<Expression> Parse(std::string_view text);

// The matchers of a plain selector, such as `up{job="node"}`, without range, offset or `@`.
StatusOr<Matchers> ParseMatchers(std::string_view selector);
// Of several, which together may have as many matchers and steps as an expression.
StatusOr<std::vector<Matchers>> ParseSelectors(const std::vector<std::string>& selectors);

struct VectorSample {
  Labels labels;
  Timestamp at;
  double value = 0;
};
// Ordered by labels, unless the expression is a sort, sort_desc, topk or bottomk: then by value.
using Vector = std::vector<VectorSample>;
struct Scalar {
  Timestamp at;
  double value = 0;
};
struct Text {
  Timestamp at;
  std::string value;
};
using Matrix = std::vector<SeriesData>;
using Value = std::variant<Scalar, Vector, Matrix, Text>;

struct EvalLimits {
  SelectLimits select;
  Duration lookback = 5min;
  Duration subquery_step = 1min;  // of subqueries that name none
  size_t max_steps = 11'000;      // of a range query
  uint64_t max_operations =
      50'000'000;  // samples touched, summed over steps; counts work, not time
  // Asked now and then; true ends the query with kCancelled. It may be empty, as it is for rules, whose
  // results no clock has a say in.
  std::function<bool()> stop = nullptr;
};

// The value at one instant. Staleness, look-back and ranges (closed at both ends) are
// Prometheus 2.42's. kInvalidArgument where the data does not fit the expression, such as a match
// that is not unique; kResourceExhausted, naming the limit, when it would be passed; otherwise
// whatever the source says.
StatusOr<Value> EvaluateAt(const Expression& expression, const SeriesSource& source, Timestamp at,
                           const EvalLimits& limits);
// The same within `budget`, a loan that others share, instead of `limits.max_operations` and `limits.stop`.
StatusOr<Value> EvaluateAt(const Expression& expression, const SeriesSource& source, Timestamp at,
                           const EvalLimits& limits, Budget& budget);

// The values at from, from + step, … up to `to`; a scalar becomes a matrix of one series.
StatusOr<Matrix> EvaluateRange(const Expression& expression, const SeriesSource& source,
                               Timestamp from, Timestamp to, Duration step,
                               const EvalLimits& limits);

}  // namespace forewarn::promql
