#include "store/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace forewarn {
namespace {

TEST(Decimal, IsFoundForEveryDecimalOfFewDigits) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    int exponent = static_cast<int>(random() % (kDecimalExponentMax + 1));
    auto integer = static_cast<int64_t>(random() % 2'000'000'000'000) - 1'000'000'000'000;
    std::optional<int64_t> found = ToDecimal(FromDecimal(integer, exponent), exponent);
    ASSERT_TRUE(found) << integer << " / 10^" << exponent;
    ASSERT_EQ(*found, integer);
  }
}

TEST(Decimal, IsNotClaimedWhereABitWouldBeLost) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  for (double value : {-0.0, 1e300, 5e-324, kInfinity, -kInfinity, std::nan("1"), 1.0 / 3.0}) {
    for (int exponent = 0; exponent <= kDecimalExponentMax; ++exponent) {
      EXPECT_FALSE(ToDecimal(value, exponent)) << value;
    }
  }
}

TEST(Decimal, ZigZagGivesSmallNumbersToSmallDifferencesAndLosesNone) {
  EXPECT_EQ(ZigZag(0), 0u);
  EXPECT_EQ(ZigZag(static_cast<uint64_t>(-1)), 1u);
  EXPECT_EQ(ZigZag(1), 2u);
  for (uint64_t difference : {uint64_t{0}, uint64_t{1} << 63, ~uint64_t{0}, uint64_t{12345}}) {
    EXPECT_EQ(UnZigZag(ZigZag(difference)), difference);
  }
}

}  // namespace
}  // namespace forewarn
