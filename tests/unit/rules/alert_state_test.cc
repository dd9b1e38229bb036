#include "rules/alert_state.h"

#include <gtest/gtest.h>

#include <vector>

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);

// An alert that was told `findings`, one a minute from kStart on; the first is kTrue and starts it.
AlertLife Told(const AlertTimes& times, const std::vector<Finding>& findings) {
  AlertLife life;
  StartAlert(life, kStart, times);
  Timestamp at = kStart;
  for (Finding finding : findings) {
    at += 1min;
    AdvanceAlert(life, finding, at, times);
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
  EXPECT_EQ(Told(times, {Finding::kTrue}).alert.state, AlertState::kPending);
  AlertLife life = Told(times, {Finding::kTrue, Finding::kTrue});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.alert.fired_at, kStart + 2min);
}

TEST(AlertLife, LeavesNothingOfAPendingAlertThatWasFalse) {
  AlertTimes times = {.hold_for = 2min};
  AlertLife life = Told(times, {Finding::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.fired_at, std::nullopt);
  EXPECT_EQ(Told(times, {Finding::kGone}).alert.state, AlertState::kEnded);
  EXPECT_EQ(Told(times, {Finding::kUnproven}).alert.state, AlertState::kEnded);
}

TEST(AlertLife, CountsForAnewAfterATimeNobodySaw) {
  AlertTimes times = {.hold_for = 10min, .unseen_max = 5min};
  AlertLife life;
  StartAlert(life, kStart, times);
  EXPECT_FALSE(AdvanceAlert(life, Finding::kTrue, kStart + 5min, times));
  EXPECT_TRUE(AdvanceAlert(life, Finding::kTrue, kStart + 11min, times));
  EXPECT_EQ(life.alert.state, AlertState::kPending);
  EXPECT_EQ(life.alert.active_since, kStart + 11min);
}

TEST(AlertLife, ResolvesWhenDataProveIt) {
  AlertLife life = Told({}, {Finding::kTrue, Finding::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.ended_at, kStart + 2min);
  EXPECT_EQ(life.alert.last_true, kStart + 1min);
}

TEST(AlertLife, KeepsFiringAsLongAsAsked) {
  AlertTimes times = {.keep_firing_for = 2min};
  AlertLife life = Told(times, {Finding::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.held_until, kStart + 3min);
  EXPECT_EQ(Told(times, {Finding::kFalse, Finding::kFalse}).alert.state, AlertState::kFiring);
  life = Told(times, {Finding::kFalse, Finding::kFalse, Finding::kFalse});
  EXPECT_EQ(life.alert.state, AlertState::kResolved);
  EXPECT_EQ(life.alert.held_until, std::nullopt);
}

TEST(AlertLife, CountsKeepFiringForAnewWhenTrueAgain) {
  AlertTimes times = {.keep_firing_for = 2min};
  AlertLife life = Told(times, {Finding::kFalse, Finding::kTrue});
  EXPECT_EQ(life.alert.held_until, std::nullopt);
  AdvanceAlert(life, Finding::kFalse, kStart + 3min, times);
  EXPECT_EQ(life.alert.held_until, kStart + 5min);
}

TEST(AlertLife, IsUnknownWhenItsSeriesAreGoneAndNeverResolvesByThat) {
  AlertLife life = Told({}, {Finding::kGone});
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kSeriesGone);
  EXPECT_EQ(life.alert.active_since, kStart);

  EXPECT_FALSE(AdvanceAlert(life, Finding::kGone, kStart + 1min + kGoneFor - 1ms, {}));
  EXPECT_TRUE(AdvanceAlert(life, Finding::kGone, kStart + 1min + kGoneFor, {}));
  EXPECT_EQ(life.alert.state, AlertState::kEnded);
  EXPECT_EQ(life.alert.ended_at, kStart + 1min + kGoneFor);
}

TEST(AlertLife, ContinuesWithItsStartWhenItsSeriesReturn) {
  AlertLife life = Told({}, {Finding::kGone, Finding::kTrue});
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kNone);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.gone_since, std::nullopt);
  EXPECT_EQ(Told({}, {Finding::kGone, Finding::kFalse}).alert.state, AlertState::kResolved);
}

TEST(AlertLife, DoesNotResolveWhileAProbeIsSilent) {
  AlertLife life = Told({}, {Finding::kUnproven, Finding::kUnproven});
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kContactLost);
  EXPECT_EQ(Told({}, {Finding::kUnproven, Finding::kTrue}).alert.state, AlertState::kFiring);
  EXPECT_EQ(Told({}, {Finding::kUnproven, Finding::kFalse}).alert.state, AlertState::kResolved);
}

TEST(AlertLife, IsUnknownWithoutContactAndContinuesOnDataAlone) {
  AlertLife life = Told({}, {Finding::kTrue});
  EXPECT_TRUE(LoseContact(life, kStart + 1min));
  EXPECT_FALSE(LoseContact(life, kStart + 1min));
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_TRUE(AdvanceAlert(life, Finding::kTrue, kStart + 6h, {}));
  EXPECT_EQ(life.alert.state, AlertState::kFiring);
  EXPECT_EQ(life.alert.active_since, kStart);
  EXPECT_EQ(life.alert.fired_at, kStart);
}

TEST(AlertLife, GivesGoneSeriesTheirHourAfterContactReturned) {
  AlertLife life = Told({}, {});
  LoseContact(life, kStart);
  EXPECT_TRUE(AdvanceAlert(life, Finding::kGone, kStart + 6h, {}));
  EXPECT_EQ(life.alert.state, AlertState::kUnknown);
  EXPECT_EQ(life.alert.unknown_reason, UnknownReason::kSeriesGone);
  AdvanceAlert(life, Finding::kGone, kStart + 7h, {});
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

// Every sequence of six findings, with and without the two durations, against what must hold of all lives.
TEST(AlertLife, HoldsItsPromisesOverEveryStory) {
  constexpr int kLength = 6;
  for (Duration hold_for : {Duration(0min), Duration(2min)}) {
    for (Duration keep : {Duration(0min), Duration(2min)}) {
      AlertTimes times = {.hold_for = hold_for, .keep_firing_for = keep};
      for (int story = 0; story < 1 << (2 * kLength); ++story) {
        AlertLife life;
        StartAlert(life, kStart, times);
        Timestamp last_true = kStart;
        for (int i = 0; i < kLength && !IsOver(life.alert); ++i) {
          auto finding = static_cast<Finding>(story >> (2 * i) & 3);
          Timestamp at = kStart + (i + 1) * 1min;
          Alert before = life.alert;
          bool is_step = AdvanceAlert(life, finding, at, times);
          if (finding == Finding::kTrue) last_true = at;
          const Alert& after = life.alert;
          ASSERT_EQ(is_step, before.state != after.state ||
                                 before.unknown_reason != after.unknown_reason);
          ASSERT_EQ(after.active_since, kStart) << "a start is never rewritten";
          ASSERT_EQ(after.last_true, last_true);
          ASSERT_EQ(after.ended_at.has_value(), IsOver(after));
          ASSERT_EQ(after.state == AlertState::kUnknown,
                    after.unknown_reason != UnknownReason::kNone);
          if (after.state == AlertState::kResolved) {
            ASSERT_EQ(finding, Finding::kFalse) << "only data resolve";
            ASSERT_TRUE(!before.fired_at || at - last_true >= keep);
          }
          if (finding == Finding::kTrue) {
            ASSERT_EQ(after.state,
                      after.fired_at ? AlertState::kFiring : AlertState::kPending);
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
