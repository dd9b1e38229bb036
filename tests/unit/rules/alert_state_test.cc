#include "rules/alert_state.h"

#include <gtest/gtest.h>

#include <vector>

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);

// An alert that was told `outcomes`, one a minute from kStart on; the first is kTrue and starts it.
AlertLife Told(const AlertTimes& times, const std::vector<Outcome>& outcomes) {
  AlertLife life;
  StartAlert(life, kStart, times);
  Timestamp at = kStart;
  for (Outcome outcome : outcomes) {
    at += 1min;
    AdvanceAlert(life, outcome, at, times);
  }
  return life;
}

TEST(AlertLife, FiresAtOnceWithoutFor) {
  AlertLife life = Told({}, {});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.alert.fired_at, kStart);
}

TEST(AlertLife, IsPendingUntilForHasPassed) {
  AlertTimes times = {.hold_for = 2min};
  EXPECT_EQ(Told(times, {}).alert.state, AlertState::kPending);
  EXPECT_EQ(Told(times, {Outcome::kTrue}).alert.state, AlertState::kPending);
  AlertLife life = Told(times, {Outcome::kTrue, Outcome::kTrue});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.alert.fired_at, kStart + 2min);
}

TEST(AlertLife, LeavesNothingOfAPendingAlertThatWasFalse) {
  AlertTimes times = {.hold_for = 2min};
  AlertLife life = Told(times, {Outcome::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.fired_at, std::nullopt);
  EXPECT_EQ(Told(times, {Outcome::kGone}).alert.state, AlertState::kEnded);
  EXPECT_EQ(Told(times, {Outcome::kUnproven}).alert.state, AlertState::kEnded);
}

TEST(AlertLife, StaysAsItIsWhileNothingIsMeasured) {
  AlertTimes times = {.hold_for = 2min};
  EXPECT_EQ(Told(times, {Outcome::kNoNews}).alert.state, AlertState::kPending);
  EXPECT_EQ(Told({}, {Outcome::kNoNews, Outcome::kNoNews}).alert.state, AlertState::kFiring);
  EXPECT_EQ(Told({}, {Outcome::kGone, Outcome::kNoNews}).alert.state, AlertState::kUnknown);
  EXPECT_EQ(Told({}, {Outcome::kNoNews, Outcome::kFalse}).alert.state, AlertState::kResolved);
}

TEST(AlertLife, CountsForAnewAfterATimeNobodySaw) {
  AlertTimes times = {.hold_for = 10min, .unseen_max = 5min};
  AlertLife life;
  StartAlert(life, kStart, times);
  EXPECT_FALSE(AdvanceAlert(life, Outcome::kTrue, kStart + 5min, times));
  EXPECT_TRUE(AdvanceAlert(life, Outcome::kTrue, kStart + 11min, times));
  EXPECT_EQ(life.alert.state, AlertState::kPending);
  EXPECT_EQ(life.alert.active_since, kStart + 11min);
}

TEST(AlertLife, ResolvesWhenDataProveIt) {
  AlertLife life = Told({}, {Outcome::kTrue, Outcome::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.ended_at, kStart + 2min);
  EXPECT_EQ(life.alert.last_true, kStart + 1min);
}

TEST(AlertLife, KeepsFiringAsLongAsAsked) {
  AlertTimes times = {.keep_firing_for = 2min};
  AlertLife life = Told(times, {Outcome::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.held_until, kStart + 3min);
  EXPECT_EQ(Told(times, {Outcome::kFalse, Outcome::kFalse}).alert.state, AlertState::kFiring);
  life = Told(times, {Outcome::kFalse, Outcome::kFalse, Outcome::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.held_until, std::nullopt);
}

TEST(AlertLife, CountsKeepFiringForAnewWhenTrueAgain) {
  AlertTimes times = {.keep_firing_for = 2min};
  AlertLife life = Told(times, {Outcome::kFalse, Outcome::kTrue});
  EXPECT_EQ(life.alert.held_until, std::nullopt);
  AdvanceAlert(life, Outcome::kFalse, kStart + 3min, times);
  EXPECT_EQ(life.alert.held_until, kStart + 5min);
}

TEST(AlertLife, IsUnknownWhenItsSeriesAreGoneAndNeverResolvesByThat) {
  AlertLife life = Told({}, {Outcome::kGone});
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kSeriesGone);
  EXPECT_EQ(life.alert.active_since, kStart);

  EXPECT_FALSE(AdvanceAlert(life, Outcome::kGone, kStart + 1min + kGoneFor - 1ms, {}));
  EXPECT_TRUE(AdvanceAlert(life, Outcome::kGone, kStart + 1min + kGoneFor, {}));
  EXPECT_EQ(life.alert.state, AlertState::kEnded);
  EXPECT_EQ(life.alert.ended_at, kStart + 1min + kGoneFor);
}

TEST(AlertLife, ContinuesWithItsStartWhenItsSeriesReturn) {
  AlertLife life = Told({}, {Outcome::kGone, Outcome::kTrue});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kNone);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.gone_since, std::nullopt);
  EXPECT_EQ(Told({}, {Outcome::kGone, Outcome::kFalse}).alert.state, AlertState::kResolved);
}

TEST(AlertLife, DoesNotResolveWhileAProbeIsSilent) {
  AlertLife life = Told({}, {Outcome::kUnproven, Outcome::kUnproven});
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kContactLost);
  EXPECT_EQ(Told({}, {Outcome::kUnproven, Outcome::kTrue}).alert.state, AlertState::kFiring);
  EXPECT_EQ(Told({}, {Outcome::kUnproven, Outcome::kFalse}).alert.state, AlertState::kResolved);
}

TEST(AlertLife, IsUnknownWithoutContactAndContinuesOnDataAlone) {
  AlertLife life = Told({}, {Outcome::kTrue});
  EXPECT_TRUE(LoseContact(life, kStart + 1min));
  EXPECT_FALSE(LoseContact(life, kStart + 1min));
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_TRUE(AdvanceAlert(life, Outcome::kTrue, kStart + 6h, {}));
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.alert.fired_at, kStart);
}

TEST(AlertLife, GivesGoneSeriesTheirHourAfterContactReturned) {
  AlertLife life = Told({}, {});
  LoseContact(life, kStart);
  EXPECT_TRUE(AdvanceAlert(life, Outcome::kGone, kStart + 6h, {}));
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kSeriesGone);
  AdvanceAlert(life, Outcome::kGone, kStart + 7h, {});
  EXPECT_EQ(life.alert.state, AlertState::kEnded);
}

TEST(AlertLife, LosesNoPendingAlertWithContact) {
  AlertLife life = Told({.hold_for = 10min}, {});
  EXPECT_FALSE(LoseContact(life, kStart));
  EXPECT_EQ(life.alert.state, AlertState::kPending);
}

TEST(AlertLife, EndsWithItsRule) {
  AlertLife life = Told({}, {});
  EndAlert(life, kStart + 1min);
  EXPECT_EQ(life.alert.state, AlertState::kEnded);
  EXPECT_TRUE(IsOver(life.alert));
}

TEST(AlertLife, APredictionThatMovesALotIsAStepOnce) {
  AlertLife life;
  life.alert.predicted_breach = kStart + 3h;
  StartAlert(life, kStart, {});
  auto advance = [&](Duration after, Duration predicted) {
    life.alert.predicted_breach = kStart + predicted;
    return AdvanceAlert(life, Outcome::kTrue, kStart + after, {});
  };
  EXPECT_FALSE(advance(1min, 3h - 10min));
  EXPECT_TRUE(advance(2min, 3h - 20min)) << "measured from what was told, not from the last round";
  EXPECT_FALSE(advance(3min, 3h - 21min));
  EXPECT_TRUE(advance(4min, 30min));
  EXPECT_FALSE(advance(5min, 30min));
}

TEST(AlertLife, APredictionThatMovesWhilePendingIsNoStep) {
  AlertLife life;
  life.alert.predicted_breach = kStart + 3h;
  StartAlert(life, kStart, {.hold_for = 2min});
  life.alert.predicted_breach = kStart + 1h;
  EXPECT_FALSE(AdvanceAlert(life, Outcome::kTrue, kStart + 1min, {.hold_for = 2min}));
  EXPECT_TRUE(AdvanceAlert(life, Outcome::kTrue, kStart + 2min, {.hold_for = 2min}));
  EXPECT_FALSE(AdvanceAlert(life, Outcome::kTrue, kStart + 3min, {.hold_for = 2min}));
}

// Every sequence of five outcomes, with and without the two durations, against what must hold of
// all lives.
TEST(AlertLife, HoldsItsPromisesOverEveryStory) {
  constexpr int kLength = 5;
  constexpr int kOutcomes = 5;
  constexpr int kStories = 3125;  // kOutcomes to the power of kLength
  for (Duration hold_for : {Duration(0min), Duration(2min)}) {
    for (Duration keep : {Duration(0min), Duration(2min)}) {
      AlertTimes times = {.hold_for = hold_for, .keep_firing_for = keep};
      for (int story = 0; story < kStories; ++story) {
        AlertLife life;
        StartAlert(life, kStart, times);
        Timestamp last_true = kStart;
        int rest = story;
        for (int i = 0; i < kLength && !IsOver(life.alert); ++i) {
          auto outcome = static_cast<Outcome>(rest % kOutcomes);
          rest /= kOutcomes;
          Timestamp at = kStart + (i + 1) * 1min;
          Alert before = life.alert;
          bool is_step = AdvanceAlert(life, outcome, at, times);
          if (outcome == Outcome::kTrue) last_true = at;
          const Alert& after = life.alert;
          ASSERT_EQ(is_step,
                    before.state != after.state || before.unknown_reason != after.unknown_reason);
          ASSERT_EQ(after.active_since, kStart) << "a start is never rewritten";
          ASSERT_EQ(after.last_true, last_true);
          ASSERT_EQ(after.ended_at.has_value(), IsOver(after));
          ASSERT_EQ(after.state == AlertState::kUnknown,
                    after.unknown_reason != UnknownReason::kNone);
          if (after.state == AlertState::kResolved) {
            ASSERT_EQ(outcome, Outcome::kFalse) << "only data resolve";
            ASSERT_TRUE(!before.fired_at || at - last_true >= keep);
          }
          if (outcome == Outcome::kTrue) {
            ASSERT_EQ(after.state, after.fired_at ? AlertState::kFiring : AlertState::kPending);
          }
          if (after.fired_at) {
            ASSERT_GE(*after.fired_at - kStart, hold_for);
          }
          if (after.state == AlertState::kEnded) {
            ASSERT_EQ(before.state, AlertState::kPending);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace forewarn
