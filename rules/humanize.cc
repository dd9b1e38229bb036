#include "rules/humanize.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/time.h"

namespace forewarn {
namespace {

constexpr std::array<std::string_view, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};

std::string NotFinite(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

std::string FourDigits(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : NotFinite(value);
}

// Divides while the value is at least `step`; the unit that results goes to `unit`.
double ScaleDown(double value, double step, std::span<const std::string_view> units,
                 std::string_view& unit) {
  for (const std::string_view next : units) {
    if (std::abs(value) < step) break;
    unit = next;
    value /= step;
  }
  return value;
}

double ScaleUp(double value, std::string_view& unit) {
  for (const std::string_view next : kSmall) {
    if (std::abs(value) >= 1) break;
    unit = next;
    value *= 1000;
  }
  return value;
}

}  // namespace

std::string PlainNumber(double value) {
  if (!std::isfinite(value)) return NotFinite(value);
  std::array<char, 64> buffer;
  // The shortest digits, by way of the exponent form, which also tells the magnitude.
  auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                              std::chars_format::scientific);
  FW_CHECK(result.ec == std::errc());
  const std::string_view text(buffer.data(), static_cast<size_t>(result.ptr - buffer.data()));
  int exponent = 0;
  const size_t e = text.find('e');
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(),
                  exponent);
  constexpr int kSmallest = -4;
  constexpr int kLargest = 5;
  if (exponent < kSmallest || exponent > kLargest) return std::string(text);
  result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  FW_CHECK(result.ec == std::errc());
  return std::string(buffer.data(), result.ptr);
}

std::string Humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return FourDigits(value);
  std::string_view unit;
  if (std::abs(value) >= 1) {
    constexpr std::array<std::string_view, 8> kUnits = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
    value = ScaleDown(value, 1000, kUnits, unit);
  } else {
    value = ScaleUp(value, unit);
  }
  return fmt::format("{}{}", FourDigits(value), unit);
}

std::string Humanize1024(double value) {
  if (std::abs(value) <= 1 || !std::isfinite(value)) return FourDigits(value);
  constexpr std::array<std::string_view, 8> kUnits = {"ki", "Mi", "Gi", "Ti",
                                                      "Pi", "Ei", "Zi", "Yi"};
  std::string_view unit;
  value = ScaleDown(value, 1024, kUnits, unit);
  return fmt::format("{}{}", FourDigits(value), unit);
}

std::string HumanizeDuration(double seconds) {
  if (!std::isfinite(seconds)) return FourDigits(seconds);
  if (seconds == 0) return FourDigits(seconds) + "s";
  if (std::abs(seconds) < 1) {
    std::string_view unit;
    const double value = ScaleUp(seconds, unit);
    return fmt::format("{}{}s", FourDigits(value), unit);
  }
  const std::string_view sign = seconds < 0 ? "-" : "";
  const double size = std::abs(seconds);
  constexpr double kCountable = 9e18;  // beyond, days do not fit an integer
  if (size < 60 || size > kCountable) return fmt::format("{}{}s", sign, FourDigits(size));
  const auto whole = static_cast<int64_t>(size);
  const int64_t days = whole / 86400;
  const int64_t hours = whole / 3600 % 24;
  const int64_t minutes = whole / 60 % 60;
  std::string out(sign);
  if (days > 0) out += fmt::format("{}d ", days);
  if (days > 0 || hours > 0) out += fmt::format("{}h ", hours);
  return out + fmt::format("{}m {}s", minutes, whole % 60);
}

std::string HumanizePercentage(double ratio) { return FourDigits(ratio * 100) + "%"; }

std::string HumanizeTimestamp(double seconds) {
  constexpr double kNanosecondsFit = 9.2e9;  // 64 bits of them, until the year 2261
  if (!(std::abs(seconds) < kNanosecondsFit)) return FourDigits(seconds);
  using namespace std::chrono;
  const Timestamp at = FromMillis(static_cast<int64_t>(seconds * 1e9) / 1'000'000);
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  std::string fraction;
  if (time.subseconds().count() != 0) {
    fraction = fmt::format(".{:03}", time.subseconds().count());
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} +0000 UTC",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), fraction);
}

}  // namespace forewarn
