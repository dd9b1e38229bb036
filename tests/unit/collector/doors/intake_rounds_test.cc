// When the intake of the doors ends a round, for sources whose protocols have none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/collector/doors/intake_world.h"

namespace forewarn {
namespace {

using testing::SizeIs;

class DoorRoundsTest : public DoorIntakeTest {};

TEST_F(DoorRoundsTest, EndsARoundAShortWhileBehindTheNewestSample) {
  Submit(Samples({kNow - 1h, kNow - 20s}));
  Submit(Samples({kNow - 15s}));  // too close to the last one
  clock_.Advance(20s);
  Submit(Samples({kNow + 5s}));
  Submit(Samples({kNow - 2h}));  // late ones move nothing
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 30s, kNow - 5s));
  EXPECT_EQ(sink_.Batches()[2].rounds[0].interval, 25s);
}

TEST_F(DoorRoundsTest, ARoundNeverLiesAheadOfTheClock) {
  Submit(Samples({kNow + 5min}));
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 10s));
}

TEST_F(DoorRoundsTest, OtherDoorsSendWhatBelongsTogetherAtOnce) {
  Submit(Samples({kNow - 1s}), Door::kOtlp);
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 1s));
}

TEST_F(DoorRoundsTest, WhatNothingFollowsHasItsRoundAllTheSame) {
  Submit(Samples({kNow - 1s}), Door::kOtlp);
  Submit(Samples({kNow + 1s}), Door::kOtlp);
  clock_.Advance(5s);
  intake_.EndRounds();
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 1s, kNow));
  clock_.Advance(1min);
  intake_.EndRounds();
  EXPECT_THAT(RoundEnds(), SizeIs(2)) << "once";
  Batch last = sink_.Batches().back();
  EXPECT_EQ(last.source.probe, TestToken().source_id);
  EXPECT_EQ(last.epoch, 0u);
}

TEST_F(DoorRoundsTest, ASourceWithAnotherTokenKeepsItsLastRoundWhenOneIsRevoked) {
  Submit(Samples({kNow - 1s}), Door::kOtlp);
  Submit(Samples({kNow + 1s}), Door::kOtlp);
  SourceToken other = TestToken(Door::kOtlp);
  other.hash = "another one";
  intake_.Revoke(other);
  clock_.Advance(5s);
  intake_.EndRounds();
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 1s, kNow));
}

TEST_F(DoorRoundsTest, ARoundWaitsForOthersOfItsMoment) {
  Submit(Samples({kNow}));
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 10s));
  clock_.Advance(10s);
  Submit(Samples({kNow + 1s}));
  clock_.Advance(10s);
  intake_.EndRounds();
  EXPECT_THAT(RoundEnds(), SizeIs(1)) << "others of that moment may still be under way";
  clock_.Advance(5s);
  sink_.room = 0;
  intake_.EndRounds();
  sink_.room = 10;
  intake_.EndRounds();
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 10s, kNow + 1s));
}

TEST_F(DoorRoundsTest, RoundsGoOnWhenTheClockIsSetBack) {
  clock_.Advance(24h);
  Submit(Samples({kNow + 24h}));
  clock_.Jump(-23h);
  Submit(Samples({kNow + 1h}));
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow + 24h - 10s, kNow + 1h - 10s));
  clock_.Advance(15s);
  Submit(Samples({kNow + 1h + 15s}));
  EXPECT_THAT(RoundEnds(), SizeIs(3));
}

}  // namespace
}  // namespace forewarn
