#include "notifier/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Notification Told(const std::string& id, const std::string& template_id, DeliveryState state) {
  Notification told;
  told.id = id;
  told.ticket = 71;
  told.receiver = "support";
  told.template_id = template_id;
  told.state = state;
  told.created_at = told.next_attempt_at = kStart;
  return told;
}

TEST(Outbox, KnowsWhoHeardThatATicketIsOpen) {
  Outbox outbox;
  EXPECT_FALSE(outbox.Heard(71, "support"));
  outbox.Put(Told("7-1-0", "ticket.opened", DeliveryState::kSuppressed));
  EXPECT_FALSE(outbox.Heard(71, "support")) << "a silence stopped it";
  outbox.Put(Told("7-2-0", "ticket.opened", DeliveryState::kWaiting));
  EXPECT_TRUE(outbox.Heard(71, "support"));
  EXPECT_FALSE(outbox.Heard(71, "pager"));
  outbox.Put(Told("7-10-0", "ticket.resolved", DeliveryState::kWaiting));
  EXPECT_FALSE(outbox.Heard(71, "support")) << "10 is after 2, though not as text";
}

TEST(Outbox, HasOneNotificationInOnePlace) {
  Outbox outbox;
  Notification stopped = Told("7-1-0", "ticket.opened", DeliveryState::kSuppressed);
  stopped.settled_at = kStart;
  stopped.next_attempt_at = kStart + 1h;
  outbox.Put(stopped);
  stopped.next_attempt_at = kStart + 2h;
  outbox.Put(stopped);
  EXPECT_EQ(outbox.NextLook(), kStart + 2h);
  EXPECT_THAT(outbox.ToLookAt(kStart + 1h, ""), IsEmpty());
  EXPECT_THAT(outbox.ToLookAt(kStart + 2h, ""), ElementsAre("7-1-0"));
  EXPECT_THAT(outbox.Of(71), SizeIs(1));
  EXPECT_THAT(outbox.Forget(kStart + 2h + Outbox::kRemembered), ElementsAre("7-1-0"));
  EXPECT_EQ(outbox.NextLook(), std::nullopt);
  EXPECT_THAT(outbox.Of(71), IsEmpty());
}

class OutboxOfPlanner : public Plans {};

TEST_F(OutboxOfPlanner, WhatIsSettledIsForgottenLongAfterAndWhatBeganSomethingLater) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});  // 7-42-0, -1
  Deliver("7-42-0", DeliveryCommand::Result::kDelivered);
  Deliver("7-42-1", DeliveryCommand::Result::kDelivered);
  Tell({Resolved({Disk("/a")})});  // 7-45-0, -1
  Deliver("7-45-0", DeliveryCommand::Result::kDelivered);
  now_ = kStart + Outbox::kRemembered - 1ms;
  EXPECT_THAT(Tell({}).forgotten, IsEmpty());
  now_ += 1ms;
  EXPECT_THAT(Tell({}).forgotten, ElementsAre("7-45-0"));
  EXPECT_FALSE(planner_.outbox().contains("7-45-0"));
  now_ = kStart + Outbox::kRememberedLong;
  EXPECT_THAT(Tell({}).forgotten, UnorderedElementsAre("7-42-0", "7-42-1"));
  EXPECT_THAT(planner_.outbox(), SizeIs(1)) << "what still waits is never forgotten";
}

TEST_F(OutboxOfPlanner, ALongProblemStillGetsItsAllClear) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Deliver("7-42-0", DeliveryCommand::Result::kDelivered);
  Deliver("7-42-1", DeliveryCommand::Result::kDelivered);
  now_ = kStart + 30 * 24h;
  EXPECT_THAT(
      Names(Tell({Resolved({Disk("/a")})})),
      ElementsAre("ticket.resolved support-mail", "warning.disk_will_fill.cleared contacts"));
}

}  // namespace
}  // namespace forewarn
