#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace forewarn::promql {

enum class ValueType : uint8_t { kScalar, kVector, kMatrix, kString };

// `a scalar`, `an instant vector`, `a range vector`, `a string`, as messages say it.
std::string_view TypeName(ValueType type);

// Every function of Prometheus 2.42 except those that only know native histograms.
enum class FunctionId : uint8_t {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kExp,
  kFloor,
  kHistogramQuantile,
  kHoltWinters,
  kHour,
  kIdelta,
  kIncrease,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMaxOverTime,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortDesc,
  kSqrt,
  kStddevOverTime,
  kStdvarOverTime,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kVector,
  kYear,
};

// What a function takes and gives.
struct Function {
  FunctionId id;
  std::string_view name;
  ValueType returns;
  // The last `optional` of these may be left out; with kRepeats the last may come any number of
  // times.
  std::vector<ValueType> arguments;
  int optional = 0;

  static constexpr int kRepeats = -1;
};

// Null when there is none of this name. Names are case-sensitive.
const Function* FindFunction(std::string_view name);

// All names, sorted.
std::span<const std::string_view> FunctionNames();

}  // namespace forewarn::promql
