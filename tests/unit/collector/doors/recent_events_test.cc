#include "collector/doors/recent_events.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

TEST(RecentEvents, KnowsForAnHourWhatCame) {
  RecentEvents recent;
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow));
  EXPECT_TRUE(recent.Add(Fingerprint(2), kNow + 59min));
  EXPECT_FALSE(recent.Add(Fingerprint(1), kNow + 1h));
  EXPECT_FALSE(recent.Add(Fingerprint(2), kNow + 1h + 59min));
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow + 2h)) << "two hours later it is forgotten";
}

TEST(RecentEvents, ForgetsWhatItIsToldTo) {
  RecentEvents recent;
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow));
  recent.Forget(Fingerprint(1));
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow));
}

TEST(RecentEvents, HoldsNoMoreThanItHasRoomFor) {
  RecentEvents recent(4);
  for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(recent.Add(Fingerprint(i), kNow));
  EXPECT_TRUE(recent.Add(Fingerprint(0), kNow)) << "the oldest are forgotten first";
  EXPECT_FALSE(recent.Add(Fingerprint(4), kNow));
}

TEST(RecentEvents, ForgetsEverythingAfterALongPause) {
  RecentEvents recent;
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow));
  EXPECT_TRUE(recent.Add(Fingerprint(1), kNow + 3h));
}

}  // namespace
}  // namespace forewarn
