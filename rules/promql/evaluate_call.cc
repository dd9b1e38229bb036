// The functions, as far as they need more than one value or one window at a time.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "rules/promql/evaluator.h"
#include "rules/promql/histogram.h"
#include "rules/promql/label_functions.h"
#include "rules/promql/range_functions.h"
#include "rules/promql/vector_functions.h"

namespace forewarn::promql {
namespace {

Rows AbsentFrom(const Rows& rows, const Call& call, size_t steps) {
  Row row{DemandedLabels(call), std::vector<double>(steps, 1)};
  for (const Row& present : rows) {
    for (size_t step = 0; step < steps; ++step) {
      if (IsValue(present.cells[step])) row.cells[step] = StaleMarker();
    }
  }
  Rows absent = {std::move(row)};
  DropEmpty(absent);
  return absent;
}

// The value of the only series, or NaN.
Column ToScalar(const Rows& rows, size_t steps) {
  Column column(steps, std::numeric_limits<double>::quiet_NaN());
  for (size_t step = 0; step < steps; ++step) {
    size_t found = 0;
    for (const Row& row : rows) {
      if (!IsValue(row.cells[step])) continue;
      column[step] = row.cells[step];
      ++found;
    }
    if (found != 1) column[step] = std::numeric_limits<double>::quiet_NaN();
  }
  return column;
}

// By value, NaN last. Over several steps there is no order to speak of.
void SortByValue(Rows& rows, bool descending) {
  if (rows.empty() || rows[0].cells.size() != 1) return;
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    const double x = a.cells[0];
    const double y = b.cells[0];
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? x > y : x < y;
  });
}

}  // namespace

StatusOr<Rows> Evaluator::EvaluateElementwise(const Call& call) {
  Rows rows;
  if (call.arguments.empty()) {  // of the date functions: the evaluation time
    FW_RETURN_IF_ERROR(ChargeRows(1));
    rows.push_back(Row{Labels(), std::vector<double>(grid_.count)});
    for (size_t step = 0; step < grid_.count; ++step)
      rows[0].cells[step] = ToSeconds(grid_.At(step));
  } else {
    FW_ASSIGN_OR_RETURN(rows, EvaluateRows(*call.arguments[0]));
  }
  std::vector<Column> columns;
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    FW_ASSIGN_OR_RETURN(Column column, EvaluateColumn(*call.arguments[i]));
    columns.push_back(std::move(column));
  }
  FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
  std::vector<double> parameters(columns.size());
  for (Row& row : rows) {
    row.labels = row.labels.WithoutName();
    for (size_t step = 0; step < grid_.count; ++step) {
      double& cell = row.cells[step];
      if (!IsValue(cell)) continue;
      for (size_t i = 0; i < columns.size(); ++i) parameters[i] = columns[i][step];
      cell = ApplyToValue(call.function->id, cell, parameters);
    }
  }
  DropEmpty(rows);
  return JoinEqual(std::move(rows));
}

StatusOr<Rows> Evaluator::EvaluateRangeCall(const Call& call) {
  const FunctionId id = call.function->id;
  RangeData data;
  std::vector<Column> columns;
  for (const NodePtr& argument : call.arguments) {
    if (argument->type == ValueType::kMatrix) {
      FW_ASSIGN_OR_RETURN(data, Ranges(*argument));
    } else {
      FW_ASSIGN_OR_RETURN(Column column, EvaluateColumn(*argument));
      columns.push_back(std::move(column));
    }
  }
  FW_RETURN_IF_ERROR(ChargeRows(data.series.size()));
  std::vector<double> parameters(columns.size());
  Rows rows;
  rows.reserve(data.series.size());
  for (const SeriesData& series : data.series) {
    Row row{id == FunctionId::kLastOverTime ? series.labels : series.labels.WithoutName(),
            std::vector<double>(grid_.count, StaleMarker())};
    const std::span<const Sample> samples = series.samples;
    size_t begin = 0;
    size_t end = 0;
    for (size_t step = 0; step < grid_.count; ++step) {
      Window window;
      window.at = grid_.At(step);
      window.to = Reference(data.shift, step);
      window.from = window.to - data.range;
      while (begin < samples.size() && samples[begin].at < window.from) ++begin;
      end = std::max(end, begin);
      while (end < samples.size() && samples[end].at <= window.to) ++end;
      if (begin == end) continue;
      window.samples = samples.subspan(begin, end - begin);
      FW_RETURN_IF_ERROR(query_.budget.Charge(window.samples.size()));
      for (size_t i = 0; i < columns.size(); ++i) parameters[i] = columns[i][step];
      window.parameters = parameters;
      FW_RETURN_IF_ERROR(CheckParameters(id, parameters));
      if (const auto value = ApplyToWindow(id, window)) row.cells[step] = *value;
    }
    rows.push_back(std::move(row));
  }
  DropEmpty(rows);
  if (id == FunctionId::kAbsentOverTime) {
    return AbsentFrom(rows, call, grid_.count);
  }
  FW_RETURN_IF_ERROR(CheckDistinct(rows));
  return rows;
}

StatusOr<Result> Evaluator::EvaluateCall(const Call& call) {
  const FunctionId id = call.function->id;
  const auto rows_of = [&](size_t argument) { return EvaluateRows(*call.arguments[argument]); };
  const bool over_range = std::ranges::any_of(
      call.arguments, [](const NodePtr& argument) { return argument->type == ValueType::kMatrix; });
  Rows rows;
  if (over_range) {
    FW_ASSIGN_OR_RETURN(rows, EvaluateRangeCall(call));
    return Result(std::move(rows));
  }
  if (IsElementwise(id)) {
    FW_ASSIGN_OR_RETURN(rows, EvaluateElementwise(call));
    return Result(std::move(rows));
  }
  switch (id) {
    case FunctionId::kPi:
    case FunctionId::kTime: {
      FW_RETURN_IF_ERROR(ChargeRows(1));
      Column column(grid_.count, 3.141592653589793);
      for (size_t step = 0; id == FunctionId::kTime && step < grid_.count; ++step) {
        column[step] = ToSeconds(grid_.At(step));
      }
      return Result(std::move(column));
    }
    case FunctionId::kScalar: {
      FW_ASSIGN_OR_RETURN(rows, rows_of(0));
      return Result(ToScalar(rows, grid_.count));
    }
    case FunctionId::kVector: {
      FW_ASSIGN_OR_RETURN(Column column, EvaluateColumn(*call.arguments[0]));
      rows.push_back(Row{Labels(), std::move(column)});
      break;
    }
    case FunctionId::kAbsent: {
      FW_ASSIGN_OR_RETURN(rows, rows_of(0));
      FW_RETURN_IF_ERROR(ChargeRows(rows.size() + 1));
      rows = AbsentFrom(rows, call, grid_.count);
      break;
    }
    case FunctionId::kTimestamp: {
      // Of a plain selector, the samples' own times; of anything computed, the step's.
      if (const auto* selector = As<Selector>(WithoutParens(*call.arguments[0]))) {
        FW_ASSIGN_OR_RETURN(rows, SelectRows(*selector, Cell::kTimestamp));
      } else {
        FW_ASSIGN_OR_RETURN(rows, rows_of(0));
        for (Row& row : rows) {
          for (size_t step = 0; step < grid_.count; ++step) {
            if (IsValue(row.cells[step])) row.cells[step] = ToSeconds(grid_.At(step));
          }
        }
      }
      FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
      for (Row& row : rows) row.labels = row.labels.WithoutName();
      FW_ASSIGN_OR_RETURN(rows, JoinEqual(std::move(rows)));
      break;
    }
    case FunctionId::kSort:
    case FunctionId::kSortDesc: {
      FW_ASSIGN_OR_RETURN(rows, rows_of(0));
      FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
      SortByValue(rows, id == FunctionId::kSortDesc);
      break;
    }
    case FunctionId::kLabelReplace:
    case FunctionId::kLabelJoin: {
      FW_ASSIGN_OR_RETURN(rows, rows_of(0));
      FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
      FW_ASSIGN_OR_RETURN(rows, ChangeLabels(call, std::move(rows), query_.budget));
      break;
    }
    case FunctionId::kHistogramQuantile: {
      FW_ASSIGN_OR_RETURN(const Column q, EvaluateColumn(*call.arguments[0]));
      FW_ASSIGN_OR_RETURN(rows, rows_of(1));
      FW_RETURN_IF_ERROR(ChargeRows(rows.size()));
      FW_ASSIGN_OR_RETURN(rows, HistogramQuantile(q, rows));
      break;
    }
    default: FW_CHECK(!"every function is handled");
  }
  return Result(std::move(rows));
}

}  // namespace forewarn::promql
