#include "notifier/make_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MakeUp : public Plans {};

TEST_F(MakeUp, WhatASilenceStoppedIsMadeUpForOnceWhenItEndsWhileTheProblemGoesOn) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  EXPECT_EQ(planner_.NextTimer(), std::nullopt) << "it stopped nothing";
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  EXPECT_EQ(planner_.NextTimer(), kStart + 2h);
  now_ = kStart + 2h - 1ms;
  EXPECT_THAT(Tell({}).outbox, IsEmpty());

  now_ = kStart + 2h;
  std::vector<Notification> sent = Waiting(Tell({}));
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].template_id, "ticket.opened");
  EXPECT_EQ(sent[1].template_id, "warning.disk_will_fill");
  EXPECT_EQ(Fact(sent[1], "label.mountpoint"), "/a");
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
  EXPECT_THAT(Tell({}).outbox, IsEmpty());
  EXPECT_THAT(
      Names(Tell({Resolved({Disk("/a")})})),
      ElementsAre("ticket.resolved support-mail", "warning.disk_will_fill.cleared contacts"));
}

TEST_F(MakeUp, ASilenceThatAPersonEndsIsMadeUpForAtOnce) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  now_ = kStart + 1h;
  Planner::Plan plan;
  ASSERT_TRUE(Do(ExpireSilenceCommand{"s1"}, &plan).ok());
  EXPECT_THAT(Waiting(plan), SizeIs(2));
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(MakeUp, WhatWasOverWithinTheSilenceIsNotMadeUpFor) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Tell({Resolved({Disk("/a")})});
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(MakeUp, WhatAnotherSilenceStillStopsIsMadeUpForWhenThatEnds) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Silence longer = MakeSilence("s2", {R"(alertname="DiskWillFill")"});
  longer.to = kStart + 3h;
  ASSERT_TRUE(Do(AddSilenceCommand{longer}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), kStart + 3h);
  now_ = kStart + 3h;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
}

TEST_F(MakeUp, WhoHeardOfTheTicketOtherwiseIsNotToldAgainWhenTheSilenceEnds) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  IncidentChange joined = Step(IncidentStep::kUpdated, {Disk("/b")});
  joined.ticket.alerts = {Disk("/a"), Disk("/b")};
  ASSERT_THAT(Waiting(Tell({joined})), SizeIs(2));
  now_ = kStart + 2h;
  std::vector<Notification> sent = Waiting(Tell({}));
  ASSERT_THAT(sent, SizeIs(1)) << "but the customer was warned of /b alone";
  EXPECT_EQ(sent[0].template_id, "warning.disk_will_fill");
  EXPECT_EQ(Fact(sent[0], "label.mountpoint"), "/a");
  EXPECT_EQ(Fact(sent[0], "more"), "(none)");
}

TEST_F(MakeUp, WhatIsUnknownWhenTheSilenceEndsIsMadeUpForWhenItProvesToGoOn) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  tickets_.at(71).alerts = {Disk("/a", "warning", AlertState::kUnknown)};
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), now_ + kLookAgain);
  tickets_.at(71).alerts = {Disk("/a")};
  now_ += kLookAgain;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(MakeUp, ASilenceOfWeeksIsMadeUpForToo) {
  Silence silence = MakeSilence("s1", {R"(mountpoint="/a")"});
  silence.to = kStart + 30 * 24h;
  ASSERT_TRUE(Do(AddSilenceCommand{silence}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  now_ = kStart + 20 * 24h;
  EXPECT_THAT(Tell({}).forgotten, IsEmpty());
  now_ = silence.to;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
}

TEST_F(MakeUp, AnEndThatASilenceStoppedIsToldWhenItEndsToWhoHeardOfTheBeginning) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  EXPECT_THAT(Waiting(Tell({Resolved({Disk("/a")})})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), kStart + 2h);
  tickets_.at(71).prevented = true;
  now_ = kStart + 2h;
  std::vector<Notification> sent = Waiting(Tell({}));
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].template_id, "ticket.resolved");
  EXPECT_EQ(sent[1].template_id, "warning.disk_will_fill.cleared");
  EXPECT_EQ(sent[1].receiver, "contacts");
  EXPECT_EQ(Fact(sent[1], "label.mountpoint"), "/a");
  EXPECT_EQ(Fact(sent[1], "prevented"), "yes") << "as the ticket is now";
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
  EXPECT_THAT(Tell({}).outbox, IsEmpty());
}

TEST_F(MakeUp, AnEndIsNotToldWhenTheProblemIsBack) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Resolved({Disk("/a")})});
  now_ = kStart + 1h;
  ASSERT_THAT(Waiting(Tell({Step(IncidentStep::kReopened, {Disk("/a")})})), IsEmpty());
  now_ = kStart + 2h;
  std::vector<Notification> sent = Waiting(Tell({}));
  ASSERT_THAT(sent, SizeIs(2)) << "what is told is that it is back";
  EXPECT_EQ(sent[0].template_id, "ticket.reopened");
  EXPECT_EQ(sent[1].template_id, "warning.disk_will_fill");
}

TEST_F(MakeUp, WhoLastHeardOfABeginningIsToldOfAnEndHoweverManyWereStoppedSince) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Resolved({Disk("/a")})});
  now_ = kStart + 1h;
  Tell({Step(IncidentStep::kReopened, {Disk("/a")})});
  tickets_.at(71).alerts = {Disk("/a", "warning", AlertState::kUnknown)};
  now_ = kStart + 2h;
  ASSERT_THAT(Waiting(Tell({})), IsEmpty()) << "nobody knows whether it goes on";
  std::vector<Notification> sent = Waiting(Tell({Resolved({Disk("/a")})}));
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].template_id, "ticket.resolved");
  EXPECT_EQ(sent[1].template_id, "warning.disk_will_fill.cleared");
}

TEST_F(MakeUp, OfSeveralEndsThatASilenceStoppedOneIsTold) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Resolved({Disk("/a")})});
  Tell({Step(IncidentStep::kReopened, {Disk("/a")})});
  Tell({Resolved({Disk("/a")})});
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2)) << "one to support, one to the customer";
  EXPECT_THAT(Tell({}).outbox, IsEmpty());
}

TEST_F(MakeUp, AnEndThatAnotherSilenceStopsWaitsForThatToo) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Resolved({Disk("/a")})});
  Silence longer = MakeSilence("s2", {R"(alertname="DiskWillFill")"});
  longer.to = kStart + 3h;
  ASSERT_TRUE(Do(AddSilenceCommand{longer}).ok());
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), kStart + 3h);
  now_ = kStart + 3h;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
}

TEST_F(MakeUp, NoAllClearIsMadeUpForWithoutProof) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Resolved({Disk("/a")})});
  tickets_.at(71).unproven = true;
  now_ = kStart + 2h;
  Planner::Plan plan = Tell({});
  ASSERT_THAT(Waiting(plan), SizeIs(1));
  EXPECT_EQ(Waiting(plan)[0].template_id, "ticket.resolved");
  ASSERT_THAT(plan.timeline, SizeIs(1));
  EXPECT_EQ(plan.timeline[0].what, "not_notified");
}

}  // namespace
}  // namespace forewarn
