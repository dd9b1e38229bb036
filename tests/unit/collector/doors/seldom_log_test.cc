#include "collector/doors/seldom_log.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(SeldomLog, WritesTheFirstLineAndThenOneAMinuteThatCountsTheOthers) {
  ManualClock clock{FromMillis(1'780'000'000'000)};
  SeldomLog log(clock);
  EXPECT_EQ(log.Next("a"), 0u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(log.Next("a"), std::nullopt);
  EXPECT_EQ(log.Next("b"), 0u) << "one hides no other";
  clock.Advance(1min);
  EXPECT_EQ(log.Next("a"), 1000u);
  EXPECT_EQ(log.Next("a"), std::nullopt);
  EXPECT_EQ(log.Next("b"), 0u);
}

TEST(SeldomLog, WritesFewLinesWhateverTheKeys) {
  ManualClock clock{FromMillis(1'780'000'000'000)};
  SeldomLog log(clock);
  size_t written = 0;
  for (size_t i = 0; i < 3 * SeldomLog::kMaxKeys; ++i) {
    written += log.Next(std::to_string(i)).has_value() ? 1 : 0;
  }
  EXPECT_EQ(written, SeldomLog::kMaxKeys + 1);
  clock.Advance(1min);
  EXPECT_EQ(log.Next("new"), 0u) << "old ones make room";
}

}  // namespace
}  // namespace forewarn
