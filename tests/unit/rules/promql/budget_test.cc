#include "rules/promql/budget.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace forewarn::promql {
namespace {

TEST(Budget, EndsExactlyAtItsLimit) {
  Budget budget(10);
  EXPECT_TRUE(budget.Charge(10).ok());
  EXPECT_TRUE(budget.Charge(0).ok());
  EXPECT_EQ(budget.Charge(1).code(), Code::kResourceExhausted);
  EXPECT_FALSE(budget.Charge(UINT64_MAX).ok());
  EXPECT_TRUE(budget.is_exhausted());
  EXPECT_EQ(budget.used(), 10u);
}

TEST(Budget, EndsWhenItIsToldTo) {
  bool stop = false;
  Budget budget(10, [&] { return stop; });
  EXPECT_TRUE(budget.Charge(1).ok());
  stop = true;
  EXPECT_EQ(budget.Charge(1).code(), Code::kCancelled);
}

TEST(Budget, HasNothingLeftForWhatIsSmallOnceItRefused) {
  Budget budget(10);
  EXPECT_FALSE(budget.Charge(11).ok());
  EXPECT_FALSE(budget.Charge(1).ok());
  Budget given_up(10);
  given_up.Exhaust();
  EXPECT_FALSE(given_up.Charge(1).ok());
  EXPECT_EQ(given_up.left(), 0u);
}

TEST(Budget, WeighsSeriesAndRowsForRules) {
  Budget query(1'000);
  EXPECT_TRUE(query.ChargeSeries(7).ok() && query.ChargeRows(2, 5).ok());
  EXPECT_EQ(query.used(), 10u);
  Budget rule(1'000, Budget::Weights{.series = 20, .row = 3});
  EXPECT_TRUE(rule.ChargeSeries(7).ok() && rule.ChargeRows(2, 5).ok());
  EXPECT_EQ(rule.used(), 7u * 20u + 2u * (5u + 3u));
}

}  // namespace
}  // namespace forewarn::promql
