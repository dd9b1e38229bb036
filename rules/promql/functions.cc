#include "rules/promql/functions.h"

#include <algorithm>
#include <array>

namespace forewarn::promql {
namespace {

constexpr ValueType kS = ValueType::kScalar;
constexpr ValueType kV = ValueType::kVector;
constexpr ValueType kM = ValueType::kMatrix;
constexpr ValueType kT = ValueType::kString;

// Sorted by name.
const std::vector<Function>& All() {
  static const std::vector<Function> functions = {
      {FunctionId::kAbs, "abs", kV, {kV}},
      {FunctionId::kAbsent, "absent", kV, {kV}},
      {FunctionId::kAbsentOverTime, "absent_over_time", kV, {kM}},
      {FunctionId::kAcos, "acos", kV, {kV}},
      {FunctionId::kAcosh, "acosh", kV, {kV}},
      {FunctionId::kAsin, "asin", kV, {kV}},
      {FunctionId::kAsinh, "asinh", kV, {kV}},
      {FunctionId::kAtan, "atan", kV, {kV}},
      {FunctionId::kAtanh, "atanh", kV, {kV}},
      {FunctionId::kAvgOverTime, "avg_over_time", kV, {kM}},
      {FunctionId::kCeil, "ceil", kV, {kV}},
      {FunctionId::kChanges, "changes", kV, {kM}},
      {FunctionId::kClamp, "clamp", kV, {kV, kS, kS}},
      {FunctionId::kClampMax, "clamp_max", kV, {kV, kS}},
      {FunctionId::kClampMin, "clamp_min", kV, {kV, kS}},
      {FunctionId::kCos, "cos", kV, {kV}},
      {FunctionId::kCosh, "cosh", kV, {kV}},
      {FunctionId::kCountOverTime, "count_over_time", kV, {kM}},
      {FunctionId::kDayOfMonth, "day_of_month", kV, {kV}, 1},
      {FunctionId::kDayOfWeek, "day_of_week", kV, {kV}, 1},
      {FunctionId::kDayOfYear, "day_of_year", kV, {kV}, 1},
      {FunctionId::kDaysInMonth, "days_in_month", kV, {kV}, 1},
      {FunctionId::kDeg, "deg", kV, {kV}},
      {FunctionId::kDelta, "delta", kV, {kM}},
      {FunctionId::kDeriv, "deriv", kV, {kM}},
      {FunctionId::kExp, "exp", kV, {kV}},
      {FunctionId::kFloor, "floor", kV, {kV}},
      {FunctionId::kHistogramQuantile, "histogram_quantile", kV, {kS, kV}},
      {FunctionId::kHoltWinters, "holt_winters", kV, {kM, kS, kS}},
      {FunctionId::kHour, "hour", kV, {kV}, 1},
      {FunctionId::kIdelta, "idelta", kV, {kM}},
      {FunctionId::kIncrease, "increase", kV, {kM}},
      {FunctionId::kIrate, "irate", kV, {kM}},
      {FunctionId::kLabelJoin, "label_join", kV, {kV, kT, kT, kT}, Function::kRepeats},
      {FunctionId::kLabelReplace, "label_replace", kV, {kV, kT, kT, kT, kT}},
      {FunctionId::kLastOverTime, "last_over_time", kV, {kM}},
      {FunctionId::kLn, "ln", kV, {kV}},
      {FunctionId::kLog10, "log10", kV, {kV}},
      {FunctionId::kLog2, "log2", kV, {kV}},
      {FunctionId::kMaxOverTime, "max_over_time", kV, {kM}},
      {FunctionId::kMinOverTime, "min_over_time", kV, {kM}},
      {FunctionId::kMinute, "minute", kV, {kV}, 1},
      {FunctionId::kMonth, "month", kV, {kV}, 1},
      {FunctionId::kPi, "pi", kS, {}},
      {FunctionId::kPredictLinear, "predict_linear", kV, {kM, kS}},
      {FunctionId::kPresentOverTime, "present_over_time", kV, {kM}},
      {FunctionId::kQuantileOverTime, "quantile_over_time", kV, {kS, kM}},
      {FunctionId::kRad, "rad", kV, {kV}},
      {FunctionId::kRate, "rate", kV, {kM}},
      {FunctionId::kResets, "resets", kV, {kM}},
      {FunctionId::kRound, "round", kV, {kV, kS}, 1},
      {FunctionId::kScalar, "scalar", kS, {kV}},
      {FunctionId::kSgn, "sgn", kV, {kV}},
      {FunctionId::kSin, "sin", kV, {kV}},
      {FunctionId::kSinh, "sinh", kV, {kV}},
      {FunctionId::kSort, "sort", kV, {kV}},
      {FunctionId::kSortDesc, "sort_desc", kV, {kV}},
      {FunctionId::kSqrt, "sqrt", kV, {kV}},
      {FunctionId::kStddevOverTime, "stddev_over_time", kV, {kM}},
      {FunctionId::kStdvarOverTime, "stdvar_over_time", kV, {kM}},
      {FunctionId::kSumOverTime, "sum_over_time", kV, {kM}},
      {FunctionId::kTan, "tan", kV, {kV}},
      {FunctionId::kTanh, "tanh", kV, {kV}},
      {FunctionId::kTime, "time", kS, {}},
      {FunctionId::kTimestamp, "timestamp", kV, {kV}},
      {FunctionId::kVector, "vector", kV, {kS}},
      {FunctionId::kYear, "year", kV, {kV}, 1},
  };
  return functions;
}

}  // namespace

std::string_view TypeName(ValueType type) {
  switch (type) {
    case ValueType::kScalar: return "a scalar";
    case ValueType::kVector: return "an instant vector";
    case ValueType::kMatrix: return "a range vector";
    case ValueType::kString: return "a string";
  }
  return "";
}

const Function* FindFunction(std::string_view name) {
  const auto found = std::ranges::lower_bound(All(), name, {}, &Function::name);
  return found != All().end() && found->name == name ? &*found : nullptr;
}

std::span<const std::string_view> FunctionNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> result;
    for (const Function& function : All()) result.push_back(function.name);
    return result;
  }();
  return names;
}

}  // namespace forewarn::promql
