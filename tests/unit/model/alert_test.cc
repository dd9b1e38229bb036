#include "model/alert.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(Alert, StatesHaveTheNamesThatPeopleAndMetricsSee) {
  EXPECT_EQ(AlertStateName(AlertState::kPending), "pending");
  EXPECT_EQ(AlertStateName(AlertState::kFiring), "firing");
  EXPECT_EQ(AlertStateName(AlertState::kUnknown), "unknown");
  EXPECT_EQ(AlertStateName(AlertState::kResolved), "resolved");
  EXPECT_EQ(AlertStateName(AlertState::kEnded), "ended");
  EXPECT_EQ(AlertStateName(static_cast<AlertState>(99)), "invalid") << "from a damaged record";
}

TEST(IsPredictionNews, WantsFiveMinutesAndATenthOfTheTimeLeft) {
  Timestamp at = FromMillis(1'700'000'000'000);
  EXPECT_FALSE(IsPredictionNews(at + 60min, at + 64min, at)) << "less than five minutes";
  EXPECT_TRUE(IsPredictionNews(at + 35min, at + 30min, at));
  EXPECT_TRUE(IsPredictionNews(at + 45min, at + 50min, at)) << "later is news too";
  EXPECT_FALSE(IsPredictionNews(at + 109min, at + 100min, at)) << "less than a tenth";
  EXPECT_TRUE(IsPredictionNews(at + 110min, at + 100min, at));
}

TEST(IsPredictionNews, TheFirstIsAndTheLackOfOneIsNot) {
  Timestamp at = FromMillis(1'700'000'000'000);
  EXPECT_TRUE(IsPredictionNews(std::nullopt, at + 1min, at));
  EXPECT_FALSE(IsPredictionNews(at + 1min, std::nullopt, at));
  EXPECT_FALSE(IsPredictionNews(std::nullopt, std::nullopt, at));
}

TEST(IsPredictionNews, WhatHasHappenedIsToldOnce) {
  Timestamp at = FromMillis(1'700'000'000'000);
  EXPECT_TRUE(IsPredictionNews(at + 30min, at, at));
  EXPECT_FALSE(IsPredictionNews(at - 30min, at, at));
}

}  // namespace
}  // namespace forewarn
