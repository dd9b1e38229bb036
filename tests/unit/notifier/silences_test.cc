#include "notifier/silences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SilencesOfPlanner : public Plans {};

TEST_F(SilencesOfPlanner, ASilenceHoldsFromItsBeginningToItsEndForOneCustomer) {
  Silence silence = MakeSilence("s1", {R"(alertname="DiskWillFill")"});
  silence.from = kStart + 1h;
  ASSERT_TRUE(Do(AddSilenceCommand{silence}).ok());
  auto state_at = [&](Duration after, uint64_t number) {
    now_ = kStart + after;
    return Tell({Step(IncidentStep::kOpened, {Disk("/a")}, number)}).outbox[0].state;
  };
  EXPECT_EQ(state_at(1h - 1ms, 71), DeliveryState::kWaiting);
  EXPECT_EQ(state_at(1h, 135), DeliveryState::kSuppressed);
  EXPECT_EQ(state_at(2h - 1ms, 199), DeliveryState::kSuppressed);
  EXPECT_EQ(state_at(2h, 263), DeliveryState::kWaiting);
  now_ = kStart + 90min;
  IncidentChange other = Step(IncidentStep::kOpened, {Disk("/a")}, 327);
  other.ticket.customer = other.joined[0].customer = "other";
  EXPECT_EQ(Tell({other}).outbox[0].state, DeliveryState::kWaiting);
}

TEST_F(SilencesOfPlanner, AnExpiredSilenceStopsNothing) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Planner::Plan plan;
  ASSERT_TRUE(Do(ExpireSilenceCommand{"s1"}, &plan).ok());
  ASSERT_THAT(plan.silences, SizeIs(1));
  EXPECT_EQ(plan.silences[0].to, now_);
  EXPECT_EQ(Tell({Step(IncidentStep::kOpened, {Disk("/a")})}).outbox[0].state,
            DeliveryState::kWaiting);
  EXPECT_EQ(Do(ExpireSilenceCommand{"s1"}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(Do(ExpireSilenceCommand{"s2"}).code(), Code::kNotFound);
}

TEST_F(SilencesOfPlanner, ABadSilenceIsRefusedAndChangesNothing) {
  auto code = [&](auto&& change) {
    Silence silence = MakeSilence("s1", {R"(mountpoint="/a")"});
    change(silence);
    return Do(AddSilenceCommand{silence}).code();
  };
  EXPECT_EQ(code([](Silence& s) { s.id = ""; }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.customer = ""; }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.matchers.clear(); }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.matchers.push_back("nonsense"); }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.to = s.from; }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.to = kStart; }), Code::kInvalidArgument);
  EXPECT_EQ(code([](Silence& s) { s.to = Timestamp::max(); }), Code::kInvalidArgument);
  EXPECT_TRUE(planner_.silences().empty());
  EXPECT_EQ(code([](Silence&) {}), Code::kOk);
  EXPECT_EQ(code([](Silence&) {}), Code::kAlreadyExists);
  EXPECT_EQ(planner_.silences().size(), 1u);
}

TEST_F(SilencesOfPlanner, ThoseThatEndedLongAgoAreForgottenAndTheirNamesFree) {
  Silence early = MakeSilence("early", {R"(mountpoint="/a")"});
  Silence late = MakeSilence("late", {R"(mountpoint="/b")"});
  late.to = early.to + 1h;
  Silence expired = MakeSilence("expired", {R"(mountpoint="/c")"});
  expired.to = early.to + 2h;
  for (const Silence& silence : {early, late, expired}) {
    ASSERT_TRUE(Do(AddSilenceCommand{silence}).ok());
  }
  EXPECT_EQ(planner_.FirstEndOfSilence(), early.to);
  now_ = kStart + 1min;
  ASSERT_TRUE(Do(ExpireSilenceCommand{"expired"}).ok());
  EXPECT_EQ(planner_.FirstEndOfSilence(), now_);
  EXPECT_THAT(planner_.ForgetSilences(now_ - 1ms), IsEmpty());
  EXPECT_THAT(planner_.ForgetSilences(early.to), ElementsAre("expired", "early"));
  EXPECT_EQ(planner_.FirstEndOfSilence(), late.to);
  EXPECT_EQ(planner_.silences().size(), 1u);
  EXPECT_THAT(planner_.ForgetSilences(expired.to), ElementsAre("late"));
  EXPECT_TRUE(Do(AddSilenceCommand{expired}).ok());

  Planner restored(kPartition);
  restored.Restore(late);
  EXPECT_THAT(restored.ForgetSilences(late.to), ElementsAre("late"));
}

}  // namespace
}  // namespace forewarn
