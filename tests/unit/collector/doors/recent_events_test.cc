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
  EXPECT_FALSE(IsNew(1, kNow + 1h));
  EXPECT_FALSE(IsNew(2, kNow + 1h + 59min));
  EXPECT_TRUE(IsNew(1, kNow + 2h)) << "two hours later it is forgotten";
}

TEST_F(RecentEventsTest, KnowsWhatItCameWithFirst) {
  EXPECT_FALSE(recent_.Add(Fingerprint(1), 7, kNow).has_value());
  EXPECT_EQ(recent_.Add(Fingerprint(1), 8, kNow), 7u);
  EXPECT_EQ(recent_.Add(Fingerprint(1), 9, kNow + 1h), 7u);
}

TEST_F(RecentEventsTest, ForgetsWhatItIsToldTo) {
  EXPECT_TRUE(IsNew(1));
  recent_.Forget(Fingerprint(1));
  EXPECT_TRUE(IsNew(1));
}

TEST_F(RecentEventsTest, HoldsNoMoreThanItHasRoomFor) {
  for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(IsNew(i));
  EXPECT_TRUE(IsNew(0)) << "the oldest are forgotten first";
  EXPECT_FALSE(IsNew(4));
}

TEST_F(RecentEventsTest, ForgetsEverythingAfterALongPause) {
  EXPECT_TRUE(IsNew(1));
  EXPECT_TRUE(IsNew(1, kNow + 3h));
}

}  // namespace
}  // namespace forewarn
