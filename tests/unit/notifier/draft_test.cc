#include "notifier/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DraftOfAnEntry : public ::testing::Test {
 protected:
  static Notification Opened(const std::string& receiver) {
    Notification notification;
    notification.customer = "acme";
    notification.ticket = 71;
    notification.receiver = receiver;
    notification.template_id = "ticket.opened";
    return notification;
  }

  const Bundle bundle_ = MakeBundle();
  Outbox outbox_;
  Plan plan_;
  Draft draft_{kPartition, 42, kStart, bundle_, outbox_, plan_};
};

TEST_F(DraftOfAnEntry, NumbersWhatItAddsAndFillsInWhoReadsIt) {
  draft_.Add(Opened("support-mail"), nullptr);
  draft_.Add(Opened("pager"), nullptr);
  ASSERT_THAT(plan_.outbox, SizeIs(2));
  EXPECT_EQ(plan_.outbox[0].id, "7-42-0");
  EXPECT_EQ(Addressees(plan_.outbox[0]), "support-mail <support@example.com>");
  EXPECT_EQ(plan_.outbox[1].id, "7-42-1");
  EXPECT_EQ(Addressees(plan_.outbox[1]), "pager");
  EXPECT_THAT(plan_.timeline, IsEmpty()) << "what is sent gets its line when it has arrived";
  EXPECT_NE(outbox_.Find("7-42-1"), nullptr);
}

TEST_F(DraftOfAnEntry, SaysInTheTicketWhatIsNotSentAndWhy) {
  Silence silence{"s1", "acme", {}, kStart, kStart + 1h, "on-call engineer", "disk is moved"};
  draft_.Add(Opened("support-mail"), &silence);
  draft_.Add(Opened("nobody"), nullptr);
  ASSERT_THAT(plan_.timeline, SizeIs(2));
  EXPECT_EQ(plan_.timeline[0].what, "suppressed");
  EXPECT_THAT(plan_.timeline[0].text, HasSubstr("silence s1 by on-call engineer"));
  EXPECT_EQ(plan_.outbox[0].state, DeliveryState::kSuppressed);
  EXPECT_EQ(plan_.outbox[0].next_attempt_at, kStart + 1h);
  EXPECT_EQ(plan_.timeline[1].what, "not_notified");
  EXPECT_THAT(plan_.timeline[1].text, HasSubstr("no receiver nobody"));
  EXPECT_EQ(plan_.outbox[1].state, DeliveryState::kDead);
}

}  // namespace
}  // namespace forewarn
