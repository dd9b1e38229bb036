#include "collector/doors/recent_events.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class RecentEventsTest : public testing::Test {
 protected:
  bool IsNew(uint64_t event, Timestamp now = kNow) {
    return !recent_.Add(Fingerprint(event), ++ticket_, now).has_value();
  }

  uint64_t ticket_ = 0;
  RecentEvents recent_{4};
};

TEST_F(RecentEventsTest, KnowsForAnHourWhatCame) {
  EXPECT_TRUE(IsNew(1, kNow));
  EXPECT_TRUE(IsNew(2, kNow + 59min));
  EXPECT_FALSE(IsNew(1, kNow + 1h - 1ms));
  EXPECT_TRUE(IsNew(1, kNow + 1h)) << "an hour later it is forgotten";
  EXPECT_FALSE(IsNew(2, kNow + 1h + 58min));
}

TEST_F(RecentEventsTest, KnowsForAnHourWhatCameAmongManyOthers) {
  RecentEvents recent;
  EXPECT_FALSE(recent.Add(Fingerprint(1), 1, kNow).has_value());
  for (uint64_t i = 2; i <= 150'000; ++i) {
    recent.Add(Fingerprint(i), i, kNow + Duration(i));
    recent.MakeRoom(i);
  }
  EXPECT_TRUE(recent.Add(Fingerprint(1), 200'000, kNow + 30min).has_value());
}

TEST_F(RecentEventsTest, KnowsWhatItCameWithFirst) {
  EXPECT_FALSE(recent_.Add(Fingerprint(1), 7, kNow).has_value());
  EXPECT_EQ(recent_.Add(Fingerprint(1), 8, kNow), 7u);
  EXPECT_EQ(recent_.Add(Fingerprint(1), 9, kNow + 59min), 7u);
}

TEST_F(RecentEventsTest, ForgetsWhatItIsToldTo) {
  EXPECT_TRUE(IsNew(1));
  recent_.Forget(Fingerprint(1));
  EXPECT_TRUE(IsNew(1));
}

TEST_F(RecentEventsTest, HoldsNoMoreThanItHasRoomFor) {
  for (uint64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(IsNew(i));
    recent_.MakeRoom(ticket_);
  }
  EXPECT_FALSE(IsNew(1)) << "the oldest alone is forgotten";
  EXPECT_FALSE(IsNew(4));
  EXPECT_TRUE(IsNew(0));
}

TEST_F(RecentEventsTest, KnowsAllOfARequestThatIsLargerThanItsRoom) {
  for (uint64_t i = 0; i < 10; ++i) EXPECT_FALSE(recent_.Add(Fingerprint(i), 7, kNow).has_value());
  recent_.MakeRoom(7);
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(recent_.Add(Fingerprint(i), 8, kNow), 7u);
  recent_.MakeRoom(8);
  EXPECT_EQ(recent_.Add(Fingerprint(9), 9, kNow), 7u);
  EXPECT_FALSE(recent_.Add(Fingerprint(0), 9, kNow).has_value()) << "the next one ends that";
}

TEST_F(RecentEventsTest, WhatIsForgottenAgainTakesNoRoom) {
  EXPECT_TRUE(IsNew(1));
  for (uint64_t i = 100; i < 1000; ++i) {
    EXPECT_TRUE(IsNew(i));
    recent_.Forget(Fingerprint(i));
  }
  recent_.MakeRoom(++ticket_);
  EXPECT_FALSE(IsNew(1));
}

TEST_F(RecentEventsTest, WhatComesAgainAfterItWasForgottenIsYoung) {
  EXPECT_TRUE(IsNew(1, kNow));
  EXPECT_TRUE(IsNew(2, kNow));
  recent_.Forget(Fingerprint(1));
  EXPECT_TRUE(IsNew(1, kNow + 30min));
  EXPECT_FALSE(IsNew(1, kNow + 1h));
}

TEST_F(RecentEventsTest, AClockThatWasFarAheadKeepsNothingFromBeingForgotten) {
  EXPECT_TRUE(IsNew(1, kNow + 365 * 24h));
  EXPECT_TRUE(IsNew(2, kNow));
  EXPECT_TRUE(IsNew(1, kNow));
  EXPECT_TRUE(IsNew(2, kNow + 1h));
}

TEST_F(RecentEventsTest, ForgetsEverythingAfterALongPause) {
  EXPECT_TRUE(IsNew(1));
  EXPECT_TRUE(IsNew(1, kNow + 3h));
}

}  // namespace
}  // namespace forewarn
