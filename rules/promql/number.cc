#include "rules/promql/number.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/check.h"

namespace forewarn::promql {
namespace {

std::string ShortestDigits(double value, std::chars_format format) {
  std::array<char, 400> buffer;  // without an exponent, the largest double has 309 digits
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  FW_CHECK(error == std::errc());
  return std::string(buffer.data(), end);
}

// The shortest digits that tell the value apart, and zeros up to the point: 1e23 is a one and 23
// zeros.
std::string FinitePlain(double value) {
  constexpr double kExact = 1e15;  // below, the plain form has no more digits than needed
  if (std::abs(value) < kExact) return ShortestDigits(value, std::chars_format::fixed);
  const std::string text = ShortestDigits(value, std::chars_format::scientific);
  const size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  const size_t point = digits.find('.');
  const size_t decimals = point == std::string::npos ? 0 : digits.size() - point - 1;
  if (point != std::string::npos) digits.erase(point, 1);
  size_t exponent = 0;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  if (exponent >= decimals) return digits + std::string(exponent - decimals, '0');
  digits.insert(digits.size() - (decimals - exponent), ".");
  return digits;
}

template <typename Finite>
std::string Format(double value, const Finite& finite) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return finite(value);
}

}  // namespace

StatusOr<double> ParseNumber(std::string_view text) {
  const auto bad = [&] {
    return InvalidArgument(fmt::format("'{}' is not a number", text.substr(0, 40)));
  };
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits[0] == '+' || digits[0] == '-') return bad();
  const double sign = negative ? -1 : 1;

  // Integers first: a leading 0 means octal and 0x hexadecimal, unless that does not fit 63 bits.
  int base = 10;
  std::string_view integer = digits;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    integer.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  int64_t whole = 0;
  const auto* end = integer.data() + integer.size();
  if (!integer.empty() && integer[0] != '-') {
    const auto read = std::from_chars(integer.data(), end, whole, base);
    if (read.ec == std::errc() && read.ptr == end) return sign * static_cast<double>(whole);
  }
  if (base == 16) return bad();
  double value = 0;
  const auto read = std::from_chars(digits.data(), end, value);
  if (read.ptr != end) return bad();
  if (read.ec == std::errc::result_out_of_range) {
    return InvalidArgument(fmt::format("'{}' does not fit a double", text.substr(0, 40)));
  }
  if (read.ec != std::errc()) return bad();
  return sign * value;
}

std::string FormatValue(double value) {
  return Format(value, [](double finite) { return fmt::format("{}", finite); });
}
std::string FormatPlain(double value) { return Format(value, FinitePlain); }
std::string FormatScientific(double value) {
  return Format(
      value, [](double finite) { return ShortestDigits(finite, std::chars_format::scientific); });
}

}  // namespace forewarn::promql
