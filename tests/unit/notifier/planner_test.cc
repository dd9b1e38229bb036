#include "notifier/planner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "base/rng.h"
#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Plans, AnOpenedTicketIsToldToSupportAndTheCustomerIsWarned) {
  Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_THAT(Names(plan),
              ElementsAre("ticket.opened support-mail", "warning.disk_will_fill contacts"));
  const Notification& support = plan.outbox[0];
  EXPECT_EQ(support.id, "7-42-0");
  EXPECT_EQ(support.state, DeliveryState::kWaiting);
  EXPECT_EQ(support.customer, "acme");
  EXPECT_EQ(support.ticket, 71u);
  EXPECT_EQ(support.locale, "en");
  EXPECT_EQ(support.timezone, "UTC");
  EXPECT_EQ(support.created_at, now_);
  EXPECT_EQ(support.next_attempt_at, now_);
  EXPECT_THAT(support.addresses, ElementsAre("support@example.com"));
  const Notification& warning = plan.outbox[1];
  EXPECT_EQ(warning.id, "7-42-1");
  EXPECT_EQ(warning.audience, Audience::kCustomer);
  EXPECT_EQ(warning.locale, "zh-CN");
  EXPECT_EQ(warning.timezone, "Asia/Shanghai");
  EXPECT_THAT(warning.addresses, ElementsAre("ops@acme.example.com", "deputy@acme.example.com"));
  EXPECT_EQ(Fact(warning, "label.mountpoint"), "/a");
  EXPECT_EQ(Fact(warning, "owner"), "the owner");
  EXPECT_THAT(plan.timeline, IsEmpty()) << "lines are about what became of it";
  EXPECT_EQ(planner_.outbox().size(), 2u);
}

TEST_F(Plans, WhenNoRouteMatchesTheTimelineSaysSo) {
  Bundle bundle = MakeBundle();
  bundle.routes.clear();
  planner_.SetBundle(bundle);
  Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  EXPECT_THAT(plan.outbox, IsEmpty());
  ASSERT_THAT(plan.timeline, SizeIs(2));
  EXPECT_EQ(plan.timeline[0].what, "not_notified");
  EXPECT_THAT(plan.timeline[0].text, HasSubstr("support was not told: no route matches"));
  EXPECT_THAT(plan.timeline[1].text, HasSubstr("the customer was not warned: no route matches"));
}

TEST_F(Plans, AnAlertWithoutAWarningTemplateIsNotTheCustomersBusiness) {
  Alert alert = Disk("/a");
  alert.warning_template = "";
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {alert})})),
              ElementsAre("ticket.opened support-mail"));
}

TEST_F(Plans, NobodyIsToldOfSilenceAndOfWhatPeopleDo) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  for (IncidentStep step :
       {IncidentStep::kUnknown, IncidentStep::kAcknowledged, IncidentStep::kClosed}) {
    EXPECT_THAT(Tell({Step(step, {})}).outbox, IsEmpty());
  }
  EXPECT_THAT(Tell({Step(IncidentStep::kUpdated, {})}).outbox, IsEmpty()) << "a note";
}

TEST_F(Plans, ARaisedSeverityIsToldToThoseWhoKnowAndOpensItForThoseWhoDoNot) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  IncidentChange raised = Step(IncidentStep::kUpdated, {Disk("/b", "critical")});
  raised.ticket.severity = Severity::kCritical;
  raised.severity_raised = true;
  EXPECT_THAT(Names(Tell({raised})),
              ElementsAre("ticket.opened pager", "ticket.updated support-mail",
                          "warning.disk_will_fill contacts"));
}

TEST_F(Plans, AnAlertThatJoinsIsNewToTheCustomerButNotToSupport) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Planner::Plan plan = Tell({Step(IncidentStep::kUpdated, {Disk("/b")})});
  EXPECT_THAT(Names(plan), ElementsAre("warning.disk_will_fill contacts"));
  EXPECT_EQ(Fact(plan.outbox[0], "label.mountpoint"), "/b");
  // It left and came back before the ticket was resolved.
  EXPECT_THAT(Tell({Step(IncidentStep::kUpdated, {Disk("/b")})}).outbox, IsEmpty());
}

TEST_F(Plans, WhoWasToldOfTheBeginningIsToldOfTheEnd) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a", "error")})});
  now_ = kStart + 1h;
  IncidentChange resolved = Resolved({Disk("/a", "error")});
  resolved.ticket.prevented = true;
  Planner::Plan plan = Tell({resolved});
  EXPECT_THAT(Names(plan), ElementsAre("ticket.resolved pager", "ticket.resolved support-mail",
                                       "warning.disk_will_fill.cleared contacts"));
  EXPECT_EQ(Fact(plan.outbox[2], "cleared_at"), "2026-05-01T11:00:00Z");
  EXPECT_EQ(Fact(plan.outbox[2], "prevented"), "yes");
  EXPECT_EQ(Fact(plan.outbox[2], "label.mountpoint"), "/a");
  EXPECT_EQ(plan.outbox[2].locale, "zh-CN");
  EXPECT_THAT(Tell({Resolved({Disk("/a")})}).outbox, IsEmpty()) << "once";
}

TEST_F(Plans, WhoWasToldNothingIsNotToldThatItIsOver) {
  EXPECT_THAT(Tell({Resolved({Disk("/a")})}).outbox, IsEmpty());
}

TEST_F(Plans, AReopenedTicketIsToldAndTheCustomerIsWarnedAgain) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Tell({Resolved({Disk("/a")})});
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kReopened, {Disk("/a")})})),
              ElementsAre("ticket.reopened support-mail", "warning.disk_will_fill contacts"));
  EXPECT_THAT(
      Names(Tell({Resolved({Disk("/a")})})),
      ElementsAre("ticket.resolved support-mail", "warning.disk_will_fill.cleared contacts"));
}

TEST_F(Plans, TheCustomerGetsNoAllClearWithoutProof) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  IncidentChange ended = Resolved({Disk("/a")});
  ended.ticket.unproven = true;
  Planner::Plan plan = Tell({ended});
  ASSERT_THAT(Names(plan), ElementsAre("ticket.resolved support-mail"));
  EXPECT_EQ(Fact(plan.outbox[0], "unproven"), "yes");
  ASSERT_THAT(plan.timeline, SizeIs(1));
  EXPECT_THAT(plan.timeline[0].text, HasSubstr("gets no all-clear"));
}

TEST_F(Plans, WhoCouldNotBeWarnedIsNotSaidToHaveBeen) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Deliver("7-42-1", DeliveryCommand::Result::kDead, "550 no such user");
  IncidentChange ended = Resolved({Disk("/a")});
  ended.ticket.unproven = true;
  EXPECT_THAT(Tell({ended}).timeline, IsEmpty());
}

TEST_F(Plans, TheEndOfWhatAPersonClosedIsStillToldToTheCustomer) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a"), Disk("/b")})});
  IncidentChange closed = Step(IncidentStep::kClosed, {});
  closed.ticket.alerts = {Disk("/a"), Disk("/b")};
  closed.ticket.state = TicketState::kClosed;
  EXPECT_THAT(Tell({closed}).outbox, IsEmpty()) << "it goes on";

  IncidentChange left = Resolved({Disk("/a")});
  left.step = IncidentStep::kUpdated;
  left.ticket.state = TicketState::kClosed;
  left.ticket.alerts = {Disk("/b")};
  EXPECT_THAT(Tell({left}).outbox, IsEmpty());
  left.left[0] = Disk("/b", "warning", AlertState::kResolved);
  left.ticket.alerts.clear();
  EXPECT_THAT(Names(Tell({left})), ElementsAre("warning.disk_will_fill.cleared contacts"))
      << "support knows what it closed";
}

TEST_F(Plans, WhatIsLateSaysSo) {
  IncidentChange change = Step(IncidentStep::kOpened, {Disk("/a")});
  EXPECT_EQ(Fact(Tell({change}).outbox[0], "late"), "(none)");
  change.late = true;
  change.ticket.number = 135;
  for (const Notification& notification : Tell({change}).outbox)
    EXPECT_EQ(Fact(notification, "late"), "yes");
}

TEST_F(Plans, LostContactHasWordsOfItsOwn) {
  Alert alert = Disk("/a");
  alert.warning_template = "";
  IncidentChange change = Step(IncidentStep::kOpened, {alert});
  change.ticket.rule = "ContactLost";
  EXPECT_THAT(Names(Tell({change})), ElementsAre("contact_lost support-mail"));
  EXPECT_THAT(Names(Tell({Resolved({alert})})), ElementsAre("ticket.resolved support-mail"));
}

TEST_F(Plans, ASilenceStopsTheSendingAndLeavesARecord) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  ASSERT_THAT(plan.outbox, SizeIs(2));
  ASSERT_THAT(plan.timeline, SizeIs(2));
  for (const Notification& notification : plan.outbox) {
    EXPECT_EQ(notification.state, DeliveryState::kSuppressed);
    EXPECT_EQ(notification.settled_at, now_);
    EXPECT_EQ(notification.outcome,
              "silence s1 by on-call engineer until 2026-05-01T12:00:00Z: disk is being moved");
  }
  EXPECT_EQ(plan.timeline[0].what, "suppressed");
  EXPECT_THAT(plan.timeline[0].text,
              HasSubstr("ticket.opened to support-mail <support@example.com>: silence s1"));
  EXPECT_FALSE(plan.timeline[1].customer_visible);
  // Nobody heard of the beginning, so nobody needs the end.
  EXPECT_THAT(Tell({Resolved({Disk("/a")})}).outbox, IsEmpty());
}

TEST_F(Plans, ASilencedBeginningDoesNotHideTheNextAlert) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Planner::Plan plan = Tell({Step(IncidentStep::kUpdated, {Disk("/b")})});
  ASSERT_THAT(Names(plan),
              ElementsAre("ticket.opened support-mail", "warning.disk_will_fill contacts"));
  EXPECT_EQ(plan.outbox[0].state, DeliveryState::kWaiting);
  EXPECT_EQ(Fact(plan.outbox[0], "label.mountpoint"), "/b");
}

TEST_F(Plans, ADeliveryIsRecordedOnTheNotificationAndTheTimeline) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Planner::Plan retry = Deliver("7-42-0", DeliveryCommand::Result::kRetry, "451 later");
  ASSERT_THAT(retry.outbox, SizeIs(1));
  EXPECT_EQ(retry.outbox[0].state, DeliveryState::kWaiting);
  EXPECT_EQ(retry.outbox[0].attempts, 1u);
  EXPECT_EQ(retry.outbox[0].next_attempt_at, now_ + 5s);
  EXPECT_EQ(retry.outbox[0].outcome, "451 later");
  ASSERT_THAT(retry.timeline, SizeIs(1));
  EXPECT_EQ(retry.timeline[0].what, "notify_delayed");

  now_ += 5s;
  Planner::Plan done = Deliver("7-42-0", DeliveryCommand::Result::kDelivered);
  EXPECT_EQ(done.outbox[0].state, DeliveryState::kDelivered);
  EXPECT_EQ(done.outbox[0].attempts, 2u);
  EXPECT_EQ(done.outbox[0].settled_at, now_);
  EXPECT_EQ(done.timeline[0].what, "notified");
  EXPECT_EQ(done.timeline[0].text,
            "ticket.opened to support-mail <support@example.com>: delivered, attempt 2: 250 OK");
  EXPECT_FALSE(done.timeline[0].customer_visible);
  EXPECT_TRUE(Deliver("7-42-1", DeliveryCommand::Result::kDelivered).timeline[0].customer_visible);
}

TEST_F(Plans, ADeadOneIsRecordedAndStaysDead) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Planner::Plan dead = Deliver("7-42-1", DeliveryCommand::Result::kDead, "550 no such user");
  EXPECT_EQ(dead.outbox[0].state, DeliveryState::kDead);
  EXPECT_EQ(dead.timeline[0].what, "not_notified");
  EXPECT_THAT(dead.timeline[0].text, HasSubstr("given up, attempt 1: 550 no such user"));
  EXPECT_FALSE(dead.timeline[0].customer_visible);
  EXPECT_THAT(Deliver("7-42-1", DeliveryCommand::Result::kDelivered).outbox, IsEmpty());
}

TEST_F(Plans, TheSameReportTwiceChangesNothingMore) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  for (auto result : {DeliveryCommand::Result::kRetry, DeliveryCommand::Result::kDelivered}) {
    EXPECT_THAT(Deliver("7-42-0", result).outbox, SizeIs(1));
    Planner::Plan again = Deliver("7-42-0", result);
    EXPECT_THAT(again.outbox, IsEmpty());
    EXPECT_THAT(again.timeline, IsEmpty());
  }
  EXPECT_THAT(Deliver("7-1-9", DeliveryCommand::Result::kDelivered).outbox, IsEmpty()) << "unknown";
}

TEST_F(Plans, OfManyFailedAttemptsFewAreWorthALine) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  size_t lines = 0;
  for (int i = 0; i < 50; ++i) {
    now_ += 1min;
    lines += Deliver("7-42-0", DeliveryCommand::Result::kRetry, "451 later").timeline.size();
  }
  EXPECT_EQ(lines, 6u);
  EXPECT_EQ(planner_.outbox().at("7-42-0").attempts, 50u);
}

// Strategy: random steps of incidents, silences and deliveries. After every entry a planner is
// built anew from what was stored; both then take the same next entry and must plan the same, byte
// by byte.
TEST(PlannerProperty, APlannerRebuiltFromItsRecordsContinuesAsIfNothingHappened) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    Planner planner(kPartition);
    planner.SetBundle(MakeBundle());
    std::map<std::string, std::string> outbox, silences;
    std::map<uint64_t, Ticket> tickets;
    auto find = [&](uint64_t number) {
      return tickets.contains(number) ? &tickets[number] : nullptr;
    };
    Timestamp now = kStart;
    for (uint64_t sequence = 1; sequence <= 200; ++sequence) {
      now += Duration(rng.Below(rng.Chance(0.02) ? 20LL * 86'400'000 : 600'000));
      Entry entry;
      entry.partition = kPartition;
      entry.arrival = now;
      entry.actor = "on-call engineer";
      entry.what = Tick{};
      std::vector<IncidentChange> changes;
      uint64_t kind = rng.Below(10);
      if (kind < 5) {
        IncidentChange change;
        static constexpr IncidentStep kSteps[] = {IncidentStep::kOpened, IncidentStep::kUpdated,
                                                  IncidentStep::kResolved, IncidentStep::kReopened,
                                                  IncidentStep::kUnknown};
        change.step = kSteps[rng.Below(5)];
        change.ticket.number = 71 + 64 * rng.Below(5);
        change.ticket.customer = "acme";
        change.ticket.unproven = rng.Chance(0.2);
        change.severity_raised = change.step == IncidentStep::kUpdated && rng.Chance(0.3);
        for (uint64_t i = rng.Below(3); i-- > 0;) {
          Alert alert =
              Disk(fmt::format("/{}", rng.Below(4)), rng.Chance(0.3) ? "critical" : "warning");
          (change.step == IncidentStep::kResolved ? change.left : change.joined).push_back(alert);
        }
        change.ticket.alerts = change.joined;
        if (change.step == IncidentStep::kResolved) change.ticket.state = TicketState::kResolved;
        tickets[change.ticket.number] = change.ticket;
        changes.push_back(change);
      } else if (kind < 9 && !outbox.empty()) {
        auto at = std::next(outbox.begin(), static_cast<ptrdiff_t>(rng.Below(outbox.size())));
        entry.what = Command(DeliveryCommand{
            at->first, static_cast<DeliveryCommand::Result>(1 + rng.Below(3)), now + 1min, "x"});
      } else if (rng.Chance(0.5)) {
        entry.what = Command(AddSilenceCommand{{fmt::format("s{}", rng.Below(5)),
                                                "acme",
                                                {fmt::format("mountpoint=\"/{}\"", rng.Below(4))},
                                                now,
                                                now + 1h,
                                                "x",
                                                "x"}});
      } else {
        entry.what = Command(ExpireSilenceCommand{fmt::format("s{}", rng.Below(5))});
      }

      Planner rebuilt(kPartition);
      rebuilt.SetBundle(MakeBundle());
      for (const auto& [id, record] : outbox) rebuilt.Restore(*DecodeRecord<Notification>(record));
      for (const auto& [id, record] : silences) rebuilt.Restore(*DecodeRecord<Silence>(record));
      ASSERT_EQ(planner.NextTimer(), rebuilt.NextTimer());
      Planner::Plan plan, plan_rebuilt;
      Status status = planner.Apply(entry, sequence, changes, find, plan);
      ASSERT_EQ(rebuilt.Apply(entry, sequence, changes, find, plan_rebuilt), status);
      ASSERT_EQ(plan.outbox.size(), plan_rebuilt.outbox.size());
      for (size_t i = 0; i < plan.outbox.size(); ++i) {
        ASSERT_EQ(EncodeRecord(plan.outbox[i]), EncodeRecord(plan_rebuilt.outbox[i]));
        outbox[plan.outbox[i].id] = EncodeRecord(plan.outbox[i]);
      }
      ASSERT_EQ(plan.timeline.size(), plan_rebuilt.timeline.size());
      for (size_t i = 0; i < plan.timeline.size(); ++i) {
        ASSERT_EQ(EncodeRecord(plan.timeline[i]), EncodeRecord(plan_rebuilt.timeline[i]));
      }
      ASSERT_EQ(plan.forgotten, plan_rebuilt.forgotten);
      for (const std::string& id : plan.forgotten) ASSERT_EQ(outbox.erase(id), 1u);
      for (const Silence& silence : plan.silences) silences[silence.id] = EncodeRecord(silence);
      ASSERT_EQ(planner.outbox().size(), outbox.size());
    }
  }
}

}  // namespace
}  // namespace forewarn
