#include <gtest/gtest.h>

#include "tests/unit/probe/stream_fixture.h"

namespace forewarn {
namespace {

TEST_F(StreamTest, CorrectsAClockThatIsMoreThanTwoSecondsOff) {
  collector_.welcome.set_clock_offset_ms(1900);
  stream_->Step(10ms);
  EXPECT_EQ(stream_->correction(), 0ms);
  EXPECT_EQ(stream_->stats().clock_offset, 1900ms);
  collector_.welcome.set_clock_offset_ms(-60'000);
  stream_->Reconnect(collector_);
  stream_->Step(10ms);
  EXPECT_EQ(stream_->correction(), -60s);
}

TEST_F(StreamTest, AJumpOfTheClockIsNotTimeThatPassed) {
  collector_.unreachable = true;
  stream_->Step(10ms);
  Timestamp before = stream_->Now();
  clock_.Jump(30 * 24h);
  for (int i = 1; i <= 3; ++i) {
    clock_.Advance(1s);
    EXPECT_EQ(stream_->Now(), before + i * 1s) << "whoever looks, and however often";
  }
  clock_.Jump(10min);
  EXPECT_EQ(stream_->Now(), before + 3s);
}

TEST_F(StreamTest, NothingExpiresByAJumpAloneUntilTheClockIsMeasuredAgain) {
  collector_.unreachable = true;
  Append(3);
  clock_.Jump(30 * 24h);
  for (int i = 0; i < 100; ++i) {
    if (!stream_->Step(10ms)) clock_.Advance(1s);
    SpoolItem item;
    item.at = stream_->Now();
    ASSERT_TRUE(spool_->Append(item, stream_->Now()).ok());
  }
  EXPECT_EQ(spool_->stats().gap_total, 0u);
  collector_.unreachable = false;
  collector_.welcome.set_clock_offset_ms((30 * 24h) / 1ms);
  Settle();
  EXPECT_EQ(collector_.samples.size(), 6u);
  EXPECT_EQ(stream_->correction(), 30 * 24h);
}

TEST_F(StreamTest, AClockThatMovesIsMeasuredAgainAtOnce) {
  stream_->Step(10ms);
  ASSERT_EQ(collector_.calls, 1);
  clock_.Jump(1900ms);
  stream_->Step(10ms);
  EXPECT_EQ(collector_.calls, 1) << "within what a handshake can tell";
  clock_.Jump(10min);
  collector_.welcome.set_clock_offset_ms(600'000);
  stream_->Step(10ms);
  EXPECT_EQ(collector_.calls, 2);
  EXPECT_EQ(stream_->correction(), 10min);
  EXPECT_FALSE(stream_->unsure_since());
  for (int i = 0; i < 5; ++i) stream_->Step(10ms);
  EXPECT_EQ(collector_.calls, 2) << "once";
}

TEST_F(StreamTest, AClockThatMovedCannotBeReliedOnUntilItWasMeasured) {
  collector_.unreachable = true;
  stream_->Step(10ms);
  clock_.Advance(1h);
  stream_->Step(10ms);
  EXPECT_FALSE(stream_->unsure_since());
  clock_.Jump(-10min);
  Duration moved_at = clock_.Monotonic();
  stream_->Step(10ms);
  clock_.Advance(1h);
  stream_->Step(10ms);
  ASSERT_TRUE(stream_->unsure_since());
  EXPECT_EQ(*stream_->unsure_since(), moved_at);
  collector_.unreachable = false;
  clock_.Advance(1h);
  stream_->Step(10ms);
  EXPECT_FALSE(stream_->unsure_since());
}

}  // namespace
}  // namespace forewarn
