#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "rules/promql/ast.h"
#include "rules/promql/evaluator.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

// Further away, the longest ranges and offsets would not fit 64-bit milliseconds.
constexpr int64_t kFarthestMillis = 1'000'000'000'000'000;

Status CheckTime(Timestamp at) {
  if (ToMillis(at) > kFarthestMillis || ToMillis(at) < -kFarthestMillis) {
    return InvalidArgument("the evaluation time is out of bounds");
  }
  return OkStatus();
}

// By labels. Sources answer in that order and most expressions keep it, which is soon seen.
template <typename Element>
void OrderByLabels(std::vector<Element>& elements) {
  if (std::ranges::is_sorted(elements, {}, &Element::labels)) return;
  std::ranges::stable_sort(elements, {}, &Element::labels);
}

// What a range vector as a whole expression gives: its samples, as they are.
StatusOr<Value> RangeAsValue(Evaluator& evaluator, const Node& root) {
  FW_ASSIGN_OR_RETURN(RangeData data, evaluator.Ranges(root));
  const Timestamp to = evaluator.Reference(data.shift, 0);
  for (SeriesData& series : data.series) {
    std::erase_if(series.samples, [&](const Sample& sample) {
      return sample.at > to || sample.at < to - data.range;
    });
  }
  std::erase_if(data.series, [](const SeriesData& series) { return series.samples.empty(); });
  OrderByLabels(data.series);
  return Value(std::move(data.series));
}

}  // namespace

bool IsOrdered(const Node& root) {
  if (const auto* call = As<Call>(root)) {
    return call->function->id == FunctionId::kSort || call->function->id == FunctionId::kSortDesc;
  }
  const auto* aggregate = As<Aggregate>(root);
  return aggregate != nullptr &&
         (aggregate->op == TokenKind::kTopk || aggregate->op == TokenKind::kBottomk);
}

StatusOr<Value> EvaluateAt(const Expression& expression, const SeriesSource& source, Timestamp at,
                           const EvalLimits& limits) {
  Budget budget(limits.max_operations, limits.stop);
  return EvaluateAt(expression, source, at, limits, budget);
}

StatusOr<Value> EvaluateAt(const Expression& expression, const SeriesSource& source, Timestamp at,
                           const EvalLimits& limits, Budget& budget) {
  FW_RETURN_IF_ERROR(CheckTime(at));
  const QueryContext query{source, limits, at, at, budget};
  Evaluator evaluator(query, Grid{at});
  const Node& root = WithoutParens(expression.root());
  if (root.type == ValueType::kMatrix) return RangeAsValue(evaluator, root);

  FW_ASSIGN_OR_RETURN(Result result, evaluator.Evaluate(root));
  if (auto* column = std::get_if<Column>(&result)) return Value(Scalar{at, (*column)[0]});
  if (auto* text = std::get_if<std::string>(&result)) return Value(Text{at, std::move(*text)});
  auto& rows = std::get<Rows>(result);
  Vector vector;
  vector.reserve(rows.size());
  for (Row& row : rows) {
    vector.push_back(VectorSample{std::move(row.labels), at, row.cells[0]});
  }
  if (!IsOrdered(root)) OrderByLabels(vector);
  return Value(std::move(vector));
}

StatusOr<Matrix> EvaluateRange(const Expression& expression, const SeriesSource& source,
                               Timestamp from, Timestamp to, Duration step,
                               const EvalLimits& limits) {
  FW_RETURN_IF_ERROR(CheckTime(from));
  FW_RETURN_IF_ERROR(CheckTime(to));
  if (step.count() <= 0) return InvalidArgument("the step of a range query must be longer than 0");
  if (to < from) return InvalidArgument("a range query must not end before it starts");
  const Node& root = expression.root();
  if (root.type != ValueType::kScalar && root.type != ValueType::kVector) {
    return InvalidArgument(fmt::format("a range query needs a scalar or an instant vector, not {}",
                                       TypeName(root.type)));
  }
  const auto count = static_cast<uint64_t>((to - from) / step) + 1;
  if (count > limits.max_steps) {
    return ResourceExhausted(
        fmt::format("the query has {} steps of {}; at most {} (max_steps) are "
                    "answered: take a longer step",
                    count, FormatDuration(step), limits.max_steps));
  }
  Budget budget(limits.max_operations, limits.stop);
  const QueryContext query{source, limits, from, to, budget};
  const Grid grid{from, step, count};
  FW_ASSIGN_OR_RETURN(Result result, Evaluator(query, grid).Evaluate(root));
  if (auto* column = std::get_if<Column>(&result)) result = Rows{Row{Labels(), std::move(*column)}};

  Matrix matrix;
  for (Row& row : std::get<Rows>(result)) {
    SeriesData series{std::move(row.labels), {}};
    series.samples.reserve(static_cast<size_t>(std::ranges::count_if(row.cells, IsValue)));
    for (size_t i = 0; i < count; ++i) {
      if (IsValue(row.cells[i])) series.samples.push_back({grid.At(i), row.cells[i]});
    }
    if (!series.samples.empty()) matrix.push_back(std::move(series));
  }
  OrderByLabels(matrix);
  return matrix;
}

}  // namespace forewarn::promql
