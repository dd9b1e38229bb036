#include "rules/promql/vector_functions.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"
#include "model/series_source.h"

namespace forewarn::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Unlike std::max and std::min: NaN when either is, except beside the infinity that wins anyway.
double Max(double a, double b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a == kInfinity || b == kInfinity) return kInfinity;
  return std::isnan(a) || std::isnan(b) ? kNaN : a > b ? a : b;
}
double Min(double a, double b) { return -Max(-a, -b); }

double Round(double value, double to_nearest) {
  // By the inverse, as Prometheus does, so that 0.1 and its like divide without a remainder.
  const double inverse = 1 / to_nearest;
  return std::floor(value * inverse + 0.5) / inverse;
}

// A part of the UTC date and time at so many seconds since 1970; NaN beyond the calendar's years.
double DatePart(FunctionId function, double seconds) {
  constexpr double kYears32000 = 9.4e11;
  if (!(std::abs(seconds) < kYears32000)) return kNaN;
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(static_cast<int64_t>(seconds))};
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  switch (function) {
    case FunctionId::kMinute: return static_cast<double>(time.minutes().count());
    case FunctionId::kHour: return static_cast<double>(time.hours().count());
    case FunctionId::kDayOfWeek: return weekday(day).c_encoding();
    case FunctionId::kDayOfMonth: return static_cast<unsigned>(date.day());
    case FunctionId::kDayOfYear:
      return static_cast<double>((day - sys_days(date.year() / January / 1)).count() + 1);
    case FunctionId::kDaysInMonth:
      return static_cast<unsigned>((date.year() / date.month() / last).day());
    case FunctionId::kMonth: return static_cast<unsigned>(date.month());
    default: return static_cast<int>(date.year());
  }
}

}  // namespace

bool IsElementwise(FunctionId function) {
  switch (function) {
    case FunctionId::kAbs:
    case FunctionId::kAcos:
    case FunctionId::kAcosh:
    case FunctionId::kAsin:
    case FunctionId::kAsinh:
    case FunctionId::kAtan:
    case FunctionId::kAtanh:
    case FunctionId::kCeil:
    case FunctionId::kClamp:
    case FunctionId::kClampMax:
    case FunctionId::kClampMin:
    case FunctionId::kCos:
    case FunctionId::kCosh:
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kDaysInMonth:
    case FunctionId::kDeg:
    case FunctionId::kExp:
    case FunctionId::kFloor:
    case FunctionId::kHour:
    case FunctionId::kLn:
    case FunctionId::kLog10:
    case FunctionId::kLog2:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kRad:
    case FunctionId::kRound:
    case FunctionId::kSgn:
    case FunctionId::kSin:
    case FunctionId::kSinh:
    case FunctionId::kSqrt:
    case FunctionId::kTan:
    case FunctionId::kTanh:
    case FunctionId::kYear: return true;
    default: return false;
  }
}

double ApplyToValue(FunctionId function, double value, std::span<const double> parameters) {
  switch (function) {
    case FunctionId::kAbs: return std::abs(value);
    case FunctionId::kAcos: return std::acos(value);
    case FunctionId::kAcosh: return std::acosh(value);
    case FunctionId::kAsin: return std::asin(value);
    case FunctionId::kAsinh: return std::asinh(value);
    case FunctionId::kAtan: return std::atan(value);
    case FunctionId::kAtanh: return std::atanh(value);
    case FunctionId::kCeil: return std::ceil(value);
    case FunctionId::kClamp:
      if (parameters[1] < parameters[0]) return StaleMarker();
      return Max(parameters[0], Min(parameters[1], value));
    case FunctionId::kClampMax: return Min(parameters[0], value);
    case FunctionId::kClampMin: return Max(parameters[0], value);
    case FunctionId::kCos: return std::cos(value);
    case FunctionId::kCosh: return std::cosh(value);
    case FunctionId::kDeg: return value * 180 / std::numbers::pi;
    case FunctionId::kExp: return std::exp(value);
    case FunctionId::kFloor: return std::floor(value);
    case FunctionId::kLn: return std::log(value);
    case FunctionId::kLog10: return std::log10(value);
    case FunctionId::kLog2: return std::log2(value);
    case FunctionId::kRad: return value * std::numbers::pi / 180;
    case FunctionId::kRound: return Round(value, parameters.empty() ? 1 : parameters[0]);
    case FunctionId::kSgn: return value < 0 ? -1 : value > 0 ? 1 : value;
    case FunctionId::kSin: return std::sin(value);
    case FunctionId::kSinh: return std::sinh(value);
    case FunctionId::kSqrt: return std::sqrt(value);
    case FunctionId::kTan: return std::tan(value);
    case FunctionId::kTanh: return std::tanh(value);
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kDaysInMonth:
    case FunctionId::kHour:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kYear: return DatePart(function, value);
    default: FW_CHECK(!"a function of each value"); return 0;
  }
}

}  // namespace forewarn::promql
