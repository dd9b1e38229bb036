#include "base/clock.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(FromMillis(1000));
  EXPECT_EQ(clock.Now(), FromMillis(1000));
  clock.Advance(5s);
  EXPECT_EQ(clock.Now(), FromMillis(6000));
  EXPECT_EQ(clock.Monotonic(), 5s);
}

TEST(ManualClock, AJumpIsNotSeenByTheMonotonicClock) {
  ManualClock clock(FromMillis(100'000));
  clock.Jump(-1min);
  EXPECT_EQ(clock.Now(), FromMillis(40'000));
  EXPECT_EQ(clock.Monotonic(), 0s);
}

TEST(SystemClock, TheMonotonicClockNeverGoesBack) {
  SystemClock clock;
  Duration before = clock.Monotonic();
  for (int i = 0; i < 1000; ++i) {
    Duration now = clock.Monotonic();
    ASSERT_GE(now, before);
    before = now;
  }
  EXPECT_GT(clock.Now(), FromMillis(1'700'000'000'000))
      << "seconds or microseconds taken for milliseconds?";
  EXPECT_LT(clock.Now(), FromMillis(10'000'000'000'000));
}

}  // namespace
}  // namespace forewarn
