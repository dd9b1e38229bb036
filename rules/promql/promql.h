#pragma once

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

namespace forewarn::promql {

// PromQL: text in, values out. An Expression is immutable, cheap to copy and safe to share.

struct Node;  // the typed tree: rules/promql/ast.h

class Expression {
 public:
  explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  const Node& root() const { return *root_; }

  // PromQL text that parses to an equal tree.
  std::string ToString() const;

  // Whether each result of an instant query can only rest on series with one value of `label`, and carries
  // that label: every selector, aggregation and vector match keeps it, and nothing like absent() is in it.
  bool Keeps(std::string_view label) const;

  // This expression with one more matcher in every selector.
  Expression With(const Matcher& matcher) const;

  // The matchers of each selector in it, in the order of the text.
  std::vector<Matchers> Selectors() const;

  // How far back of the evaluation instant it looks at most (range + offset + look-back).
  Duration Reach() const;

 private:
  std::shared_ptr<const Node> root_;
};

// Errors carry the position and a caret line:
//   1:5: unknown function 'rat'; did you mean 'rate'?
//     rat(x[5m])
//     ^
StatusOr<Expression> Parse(std::string_view text);

struct VectorSample {
  Labels labels;
  Timestamp at;
  double value = 0;
};
using Vector = std::vector<VectorSample>;  // ordered by labels unless sort() asked otherwise
struct Scalar {
  Timestamp at;
  double value = 0;
};
struct Text {
  std::string value;
};
using Matrix = std::vector<SeriesData>;
using Value = std::variant<Scalar, Vector, Matrix, Text>;

struct EvalLimits {
  SelectLimits select;
  Duration lookback = 5min;
  size_t max_steps = 11'000;         // of a range query
  uint64_t max_operations = 50'000'000;  // samples touched, summed over steps; counts work, not time
};

// The value at one instant. Staleness, look-back and left-open/closed ranges are Prometheus 2.42's.
StatusOr<Value> EvaluateAt(const Expression& expression, const SeriesSource& source, Timestamp at,
                           const EvalLimits& limits);

// The values at from, from + step, … up to `to`; a scalar becomes a matrix of one series.
StatusOr<Matrix> EvaluateRange(const Expression& expression, const SeriesSource& source,
                               Timestamp from, Timestamp to, Duration step,
                               const EvalLimits& limits);

}  // namespace forewarn::promql
