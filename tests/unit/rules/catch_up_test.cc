#include "rules/catch_up.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/record.h"

namespace forewarn {
namespace {

constexpr Timestamp kArrival = FromMillis(1'700'000'000'000);

Alert AlertIn(AlertState state, uint64_t id = 1, Timestamp since = kTimeZero) {
  Alert alert;
  alert.id = Fingerprint(id);
  alert.state = state;
  alert.active_since = since;
  return alert;
}

// Passes the step on and returns it as it goes out.
AlertChange Pass(CatchUp& catch_up, const std::optional<Alert>& before, const Alert& after,
                 Timestamp arrival = kArrival) {
  std::optional<AlertState> state;
  if (before) state = before->state;
  AlertChange change{state, after, kTimeZero, true, false};
  catch_up.Pass(change, before, arrival);
  return change;
}

TEST(CatchUp, LetsStepsThroughWhenNothingIsLate) {
  CatchUp catch_up;
  EXPECT_TRUE(Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring)).plan);
  EXPECT_EQ(catch_up.due(), std::nullopt);
  EXPECT_TRUE(catch_up.TakeNet().empty());
}

TEST(CatchUp, HoldsBackAndGivesTheNetChangeOnce) {
  CatchUp catch_up;
  catch_up.Begin();
  EXPECT_FALSE(Pass(catch_up, std::nullopt, AlertIn(AlertState::kPending)).plan);
  EXPECT_FALSE(Pass(catch_up, AlertIn(AlertState::kPending), AlertIn(AlertState::kFiring)).plan);
  std::vector<AlertChange> net = catch_up.End();
  ASSERT_EQ(net.size(), 1u);
  EXPECT_EQ(net[0].before, std::nullopt);
  EXPECT_EQ(net[0].alert.state, AlertState::kFiring);
  EXPECT_TRUE(net[0].plan);
  EXPECT_TRUE(net[0].late);
  EXPECT_FALSE(catch_up.active());
  EXPECT_TRUE(catch_up.End().empty());
}

TEST(CatchUp, APredictionThatMovedALotIsPartOfTheNetChange) {
  CatchUp catch_up;
  catch_up.Begin();
  Alert told = AlertIn(AlertState::kFiring);
  told.predicted_breach = kTimeZero + 3h;
  Alert moved = told;
  moved.predicted_breach = kTimeZero + 1h;
  Pass(catch_up, told, moved);
  std::vector<AlertChange> net = catch_up.TakeNet();
  ASSERT_EQ(net.size(), 1u);
  EXPECT_EQ(net[0].alert.predicted_breach, moved.predicted_breach);
  Pass(catch_up, moved, told);
  Pass(catch_up, told, moved);
  EXPECT_TRUE(catch_up.TakeNet().empty()) << "there and back";
}

TEST(CatchUp, SaysNothingOfWhatBeganAndEndedInside) {
  CatchUp catch_up;
  catch_up.Begin();
  Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring));
  Pass(catch_up, AlertIn(AlertState::kFiring), AlertIn(AlertState::kResolved));
  EXPECT_TRUE(catch_up.End().empty());
}

TEST(CatchUp, SaysNothingOfAnAlertThatIsAsItWas) {
  CatchUp catch_up;
  catch_up.Begin();
  Pass(catch_up, AlertIn(AlertState::kFiring), AlertIn(AlertState::kUnknown));
  Pass(catch_up, AlertIn(AlertState::kUnknown), AlertIn(AlertState::kFiring));
  EXPECT_TRUE(catch_up.End().empty());
}

TEST(CatchUp, TellsAProblemThatEndedFromTheNextOne) {
  CatchUp catch_up;
  catch_up.Begin();
  Pass(catch_up, AlertIn(AlertState::kFiring, 1, kArrival - 2h),
       AlertIn(AlertState::kResolved, 1, kArrival - 2h));
  Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring, 1, kArrival - 1h));
  std::vector<AlertChange> net = catch_up.End();
  ASSERT_EQ(net.size(), 1u);
  EXPECT_EQ(net[0].before, AlertState::kFiring);
  EXPECT_EQ(net[0].alert.active_since, kArrival - 1h);
}

TEST(CatchUp, TellsOfAnAlertBeforeItTellsThatItIsUnknown) {
  CatchUp catch_up;
  catch_up.Begin();
  Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring));
  Pass(catch_up, AlertIn(AlertState::kFiring), AlertIn(AlertState::kUnknown));
  std::vector<AlertChange> net = catch_up.End();
  ASSERT_EQ(net.size(), 2u);
  EXPECT_EQ(net[0].before, std::nullopt);
  EXPECT_EQ(net[0].alert.state, AlertState::kFiring);
  EXPECT_EQ(net[1].before, AlertState::kFiring);
  EXPECT_EQ(net[1].alert.state, AlertState::kUnknown);
}

TEST(CatchUp, IsPatientForAQuarterOfAnHourFromItsFirstStep) {
  CatchUp catch_up;
  catch_up.Begin();
  EXPECT_EQ(catch_up.due(), std::nullopt);
  Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring, 1));
  Pass(catch_up, std::nullopt, AlertIn(AlertState::kFiring, 2), kArrival + 1min);
  EXPECT_EQ(catch_up.due(), kArrival + CatchUp::kPatience);
  EXPECT_EQ(catch_up.TakeNet().size(), 2u);
  EXPECT_EQ(catch_up.due(), std::nullopt);
  EXPECT_TRUE(catch_up.active()) << "still catching up";
}

TEST(CatchUp, SurvivesInItsRecord) {
  CatchUp catch_up;
  catch_up.Begin();
  Pass(catch_up, AlertIn(AlertState::kUnknown, 7), AlertIn(AlertState::kResolved, 7));
  StatusOr<CatchUp> read = DecodeRecord<CatchUp>(EncodeRecord(catch_up));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->active());
  EXPECT_EQ(read->due(), catch_up.due());
  std::vector<AlertChange> net = read->End();
  ASSERT_EQ(net.size(), 1u);
  EXPECT_EQ(net[0].before, AlertState::kUnknown);
}

}  // namespace
}  // namespace forewarn
