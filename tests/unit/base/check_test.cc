#include "base/check.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(CheckDeathTest, ABrokenInvariantStopsTheProcessAndSaysWhich) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(FW_CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3");
}

TEST(Check, AnInvariantThatHoldsIsEvaluatedOnce) {
  int evaluations = 0;
  FW_CHECK(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace forewarn
