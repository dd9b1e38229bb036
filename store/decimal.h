#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace forewarn {

// Most measured values are decimals of few digits: integer / 10^exponent, exact to the last bit of
// the double. That is what samples are kept as; what no decimal gives back is kept as it is.

inline constexpr int kDecimalExponentMax = 9;
inline constexpr std::array<double, kDecimalExponentMax + 1> kPowersOfTen = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

// `exponent` is in [0, kDecimalExponentMax].
inline double FromDecimal(int64_t integer, int exponent) {
  auto whole = static_cast<double>(integer);
  return exponent == 0 ? whole : whole / kPowersOfTen[static_cast<size_t>(exponent)];
}

// The integer that gives back `value` to the bit.
inline std::optional<int64_t> ToDecimal(double value, int exponent) {
  double scaled = value * kPowersOfTen[static_cast<size_t>(exponent)];
  // Beyond 2^53 not every integer is a double.
  if (!(std::abs(scaled) < 9007199254740992.0)) return std::nullopt;
  // Rounded by hand: std::nearbyint is a call. What it gets wrong is seen in the next line.
  auto integer = static_cast<int64_t>(scaled + std::copysign(0.5, scaled));
  if (std::bit_cast<uint64_t>(FromDecimal(integer, exponent)) != std::bit_cast<uint64_t>(value)) {
    return std::nullopt;
  }
  return integer;
}

// Differences are taken modulo 2^64, so that none can overflow; small ones of either sign have few
// bits.
constexpr uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 ? ~uint64_t{0} : 0);
}
constexpr uint64_t UnZigZag(uint64_t code) { return (code >> 1) ^ (code & 1 ? ~uint64_t{0} : 0); }

}  // namespace forewarn
