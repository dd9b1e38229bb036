#include "rules/promql/evaluator.h"

#include <algorithm>
#include <utility>

#include "rules/promql/aggregate.h"
#include "rules/promql/binary.h"

namespace forewarn::promql {
namespace {

void Negate(Rows& rows) {
  for (Row& row : rows) {
    row.labels = row.labels.WithoutName();
    for (double& cell : row.cells) {
      if (IsValue(cell)) cell = -cell;
    }
  }
}

}  // namespace

Timestamp Evaluator::Reference(const Shift& shift, size_t step) const {
  Timestamp from = grid_.At(step);
  if (shift.at.has_value()) {
    switch (shift.at->kind) {
      case AtModifier::Kind::kFixed: from = shift.at->fixed; break;
      case AtModifier::Kind::kStart: from = query_.start; break;
      case AtModifier::Kind::kEnd: from = query_.end; break;
    }
  }
  return from - shift.offset;
}

StatusOr<Rows> Evaluator::EvaluateRows(const Node& node) {
  FW_CHECK(node.type == ValueType::kVector);
  FW_ASSIGN_OR_RETURN(Result result, Evaluate(node));
  return std::get<Rows>(std::move(result));
}

StatusOr<Column> Evaluator::EvaluateColumn(const Node& node) {
  FW_CHECK(node.type == ValueType::kScalar);
  FW_ASSIGN_OR_RETURN(Result result, Evaluate(node));
  return std::get<Column>(std::move(result));
}

StatusOr<Result> Evaluator::Evaluate(const Node& node) {
  if (const auto* number = As<Number>(node)) {
    FW_RETURN_IF_ERROR(ChargeRows(1));
    return Result(Column(grid_.count, number->value));
  }
  if (const auto* string = As<String>(node)) return Result(string->value);
  if (const auto* paren = As<Paren>(node)) return Evaluate(*paren->expression);
  if (const auto* unary = As<Unary>(node)) return EvaluateUnary(*unary);
  if (const auto* binary = As<Binary>(node)) return EvaluateBinary(*binary);
  if (const auto* call = As<Call>(node)) return EvaluateCall(*call);
  if (const auto* aggregate = As<Aggregate>(node)) {
    FW_ASSIGN_OR_RETURN(Rows rows, EvaluateAggregate(*aggregate));
    return Result(std::move(rows));
  }
  const auto* selector = As<Selector>(node);
  FW_CHECK(selector != nullptr && selector->range.count() == 0);
  FW_ASSIGN_OR_RETURN(Rows rows, SelectRows(*selector, Cell::kValue));
  return Result(std::move(rows));
}

StatusOr<std::vector<SeriesData>> Evaluator::Select(const Matchers& matchers, Timestamp from,
                                                    Timestamp to) {
  StatusOr<std::vector<SeriesData>> found =
      query_.source.Select(matchers, from, to, query_.limits.select);
  // What was read before that is lost, and would be again.
  if (found.status().code() == Code::kResourceExhausted) query_.budget.Exhaust();
  FW_ASSIGN_OR_RETURN(std::vector<SeriesData> series, std::move(found));
  FW_RETURN_IF_ERROR(query_.budget.ChargeSeries(series.size()));
  for (const SeriesData& data : series)
    FW_RETURN_IF_ERROR(query_.budget.Charge(data.samples.size()));
  return series;
}

StatusOr<Rows> Evaluator::SelectRows(const Selector& selector, Cell cell) {
  const Duration lookback = query_.limits.lookback;
  const Timestamp first = Reference(selector.shift, 0);
  const Timestamp last = Reference(selector.shift, grid_.count - 1);
  FW_ASSIGN_OR_RETURN(std::vector<SeriesData> series,
                      Select(selector.matchers, first - lookback, last));
  FW_RETURN_IF_ERROR(ChargeRows(series.size()));
  Rows rows;
  rows.reserve(series.size());
  for (SeriesData& data : series) {
    Row row{std::move(data.labels), std::vector<double>(grid_.count, StaleMarker())};
    size_t next = 0;  // the first sample after the instant
    for (size_t step = 0; step < grid_.count; ++step) {
      const Timestamp at = Reference(selector.shift, step);
      while (next < data.samples.size() && data.samples[next].at <= at) ++next;
      if (next == 0) continue;
      const Sample& sample = data.samples[next - 1];
      if (sample.at < at - lookback || IsStale(sample.value)) continue;
      row.cells[step] = cell == Cell::kValue ? sample.value : ToSeconds(sample.at);
    }
    rows.push_back(std::move(row));
  }
  DropEmpty(rows);
  return rows;
}

StatusOr<RangeData> Evaluator::Ranges(const Node& node) {
  const Node& inner = WithoutParens(node);
  if (const auto* subquery = As<Subquery>(inner)) return RunSubquery(*subquery);
  const auto* selector = As<Selector>(inner);
  FW_CHECK(selector != nullptr && selector->range.count() > 0);
  RangeData data;
  data.range = selector->range;
  data.shift = selector->shift;
  FW_ASSIGN_OR_RETURN(data.series,
                      Select(selector->matchers, Reference(selector->shift, 0) - selector->range,
                             Reference(selector->shift, grid_.count - 1)));
  for (SeriesData& series : data.series) {
    std::erase_if(series.samples, [](const Sample& sample) { return IsStale(sample.value); });
  }
  std::erase_if(data.series, [](const SeriesData& series) { return series.samples.empty(); });
  return data;
}

// A subquery is a range query of its own, over all that the windows of this one cover, at multiples
// of its step since 1970.
StatusOr<RangeData> Evaluator::RunSubquery(const Subquery& subquery) {
  const Duration step = subquery.step.value_or(query_.limits.subquery_step);
  RangeData data;
  data.range = subquery.range;
  data.shift = subquery.shift;
  const Timestamp from = Reference(subquery.shift, 0) - subquery.range;
  const Timestamp to = Reference(subquery.shift, grid_.count - 1);
  Timestamp first = kTimeZero + step * (from.time_since_epoch() / step);
  if (first < from) first += step;
  if (first > to) return data;

  const auto count = static_cast<uint64_t>((to - first) / step) + 1;
  FW_RETURN_IF_ERROR(query_.budget.Charge(count));
  const Grid grid{first, step, count};
  FW_ASSIGN_OR_RETURN(const Rows rows, Evaluator(query_, grid).EvaluateRows(*subquery.expression));
  for (const Row& row : rows) {
    SeriesData series{row.labels, {}};
    for (size_t i = 0; i < count; ++i) {
      if (IsValue(row.cells[i])) series.samples.push_back({grid.At(i), row.cells[i]});
    }
    if (!series.samples.empty()) data.series.push_back(std::move(series));
  }
  return data;
}

StatusOr<Result> Evaluator::EvaluateUnary(const Unary& unary) {
  FW_ASSIGN_OR_RETURN(Result result, Evaluate(*unary.operand));
  if (!unary.negative) return result;
  if (auto* column = std::get_if<Column>(&result)) {
    for (double& value : *column) value = -value;
    return result;
  }
  Rows& rows = std::get<Rows>(result);
  FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
  Negate(rows);
  FW_RETURN_IF_ERROR(CheckDistinct(rows));
  return result;
}

// A chain such as a + b + c, which leans to the left and may be long, takes no deeper stack than a pair.
StatusOr<Result> Evaluator::EvaluateBinary(const Binary& binary) {
  std::vector<const Binary*> chain = {&binary};
  while (const auto* left = As<Binary>(*chain.back()->left)) chain.push_back(left);
  FW_ASSIGN_OR_RETURN(Result result, Evaluate(*chain.back()->left));
  for (; !chain.empty(); chain.pop_back()) {
    FW_ASSIGN_OR_RETURN(Result right, Evaluate(*chain.back()->right));
    FW_ASSIGN_OR_RETURN(result, Combine(*chain.back(), std::move(result), std::move(right)));
  }
  return result;
}

StatusOr<Result> Evaluator::Combine(const Binary& binary, Result left, Result right) {
  auto* left_column = std::get_if<Column>(&left);
  auto* right_column = std::get_if<Column>(&right);
  if (left_column != nullptr && right_column != nullptr) {
    return Result(CombineScalars(binary, *left_column, *right_column));
  }
  Rows rows;
  size_t many = 0;
  if (left_column == nullptr) many += std::get<Rows>(left).size();
  if (right_column == nullptr) many += std::get<Rows>(right).size();
  FW_RETURN_IF_ERROR(ChargeRows(left_column || right_column ? many : 2 * many));
  if (left_column != nullptr) {
    FW_ASSIGN_OR_RETURN(
        rows, CombineWithScalar(binary, std::get<Rows>(std::move(right)), *left_column, true));
  } else if (right_column != nullptr) {
    FW_ASSIGN_OR_RETURN(
        rows, CombineWithScalar(binary, std::get<Rows>(std::move(left)), *right_column, false));
  } else {
    FW_ASSIGN_OR_RETURN(rows, CombineVectors(binary, std::get<Rows>(std::move(left)),
                                             std::get<Rows>(std::move(right)), query_.budget));
  }
  return Result(std::move(rows));
}

StatusOr<Rows> Evaluator::EvaluateAggregate(const Aggregate& aggregate) {
  Column parameter;
  std::string label;
  if (aggregate.parameter != nullptr) {
    FW_ASSIGN_OR_RETURN(Result value, Evaluate(*aggregate.parameter));
    if (auto* column = std::get_if<Column>(&value)) parameter = std::move(*column);
    if (auto* text = std::get_if<std::string>(&value)) label = std::move(*text);
  }
  FW_ASSIGN_OR_RETURN(Rows rows, EvaluateRows(*aggregate.expression));
  FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
  return AggregateRows(aggregate, parameter, label, std::move(rows), query_.budget);
}

}  // namespace forewarn::promql
