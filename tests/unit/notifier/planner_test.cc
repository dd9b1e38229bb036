#include "notifier/planner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "base/rng.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr uint32_t kPartition = 7;
const Timestamp kStart = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

Alert Disk(const std::string& mountpoint, const std::string& severity = "warning",
           AlertState state = AlertState::kFiring) {
  Alert alert;
  alert.id = Fingerprint::Of(mountpoint);
  alert.customer = "acme";
  alert.installation = "prod";
  alert.rule = "DiskWillFill";
  alert.labels = {
      {"alertname", "DiskWillFill"}, {"mountpoint", mountpoint}, {"severity", severity}};
  alert.annotations = {{"summary", mountpoint + " fills"}};
  alert.state = state;
  alert.active_since = kStart;
  alert.warning_template = "disk_will_fill";
  return alert;
}

// Acme reads Chinese in Shanghai; support has a mail address and, for errors and worse, a webhook.
Bundle MakeBundle() {
  Bundle bundle;
  bundle.id = "b1";
  Customer acme;
  acme.id = "acme";
  acme.name = "Acme Ltd";
  acme.locale = "zh-CN";
  acme.timezone = "Asia/Shanghai";
  acme.contacts = {{"operator", "ops@acme.example.com"},
                   {"no address", ""},
                   {"deputy", "deputy@acme.example.com"}};
  acme.owner = "the owner";
  acme.owner_email = "owner@example.com";
  bundle.customers = {acme};
  bundle.receivers = {{"support-mail", Receiver::Kind::kEmail, {"support@example.com"}, "", ""},
                      {"pager", Receiver::Kind::kWebhook, {}, "https://pager.example.com/", ""},
                      {"contacts", Receiver::Kind::kEmail, {}, "", ""}};
  bundle.routes = {{Audience::kSupport, {}, {"support-mail"}, Severity::kInfo},
                   {Audience::kSupport, {}, {"pager", "support-mail"}, Severity::kError},
                   {Audience::kCustomer, {}, {"contacts"}, Severity::kInfo}};
  return bundle;
}

class Plans : public ::testing::Test {
 protected:
  Plans() { planner_.SetBundle(MakeBundle()); }

  static IncidentChange Step(IncidentStep step, std::vector<Alert> joined, uint64_t number = 71) {
    IncidentChange change;
    change.step = step;
    change.ticket.number = number;
    change.ticket.customer = "acme";
    change.ticket.installation = "prod";
    change.ticket.rule = "DiskWillFill";
    change.ticket.title = "DiskWillFill: a disk fills";
    change.ticket.problem_since = kStart;
    change.ticket.alerts = joined;
    change.joined = std::move(joined);
    return change;
  }
  static IncidentChange Resolved(std::vector<Alert> left, uint64_t number = 71) {
    IncidentChange change = Step(IncidentStep::kResolved, {}, number);
    for (Alert& alert : left) alert.state = AlertState::kResolved;
    change.left = std::move(left);
    change.ticket.state = TicketState::kResolved;
    change.ticket.resolved_at = now_for_steps_;
    change.ticket.problem_until = now_for_steps_;
    return change;
  }

  Planner::Plan Tell(std::vector<IncidentChange> changes) {
    for (const IncidentChange& change : changes) tickets_[change.ticket.number] = change.ticket;
    Entry entry = MakeEntry();
    Planner::Plan plan;
    EXPECT_TRUE(planner_.Apply(entry, ++sequence_, changes, Find(), plan).ok());
    return plan;
  }
  Status Do(Command command, Planner::Plan* plan = nullptr) {
    Entry entry = MakeEntry();
    entry.what = std::move(command);
    Planner::Plan made;
    Status status = planner_.Apply(entry, ++sequence_, {}, Find(), made);
    if (plan != nullptr) *plan = std::move(made);
    return status;
  }
  Planner::FindTicket Find() const {
    return [this](uint64_t number) {
      auto at = tickets_.find(number);
      return at == tickets_.end() ? nullptr : &at->second;
    };
  }
  Entry MakeEntry() const {
    Entry entry;
    entry.partition = kPartition;
    entry.arrival = now_;
    entry.actor = "on-call engineer";
    entry.what = Tick{};
    return entry;
  }
  static Silence MakeSilence(const std::string& id, std::vector<std::string> matchers) {
    return {id,
            "acme",
            std::move(matchers),
            kStart - 1h,
            kStart + 2h,
            "on-call engineer",
            "disk is being moved"};
  }
  Planner::Plan Deliver(const std::string& id, DeliveryCommand::Result result,
                        const std::string& outcome = "250 OK") {
    Planner::Plan plan;
    EXPECT_TRUE(Do(DeliveryCommand{id, result, now_ + 5s, outcome}, &plan).ok());
    return plan;
  }

  static std::vector<std::string> Names(const Planner::Plan& plan) {
    std::vector<std::string> out;
    for (const Notification& n : plan.outbox) out.push_back(n.template_id + " " + n.receiver);
    return out;
  }
  static std::vector<Notification> Waiting(const Planner::Plan& plan) {
    std::vector<Notification> out;
    for (const Notification& n : plan.outbox) {
      if (n.state == DeliveryState::kWaiting) out.push_back(n);
    }
    return out;
  }
  static std::string Fact(const Notification& notification, std::string_view name) {
    for (const auto& [key, value] : notification.facts) {
      if (key == name) return value;
    }
    return "(none)";
  }

  static inline const Timestamp now_for_steps_ = kStart + 1h;
  Timestamp now_ = kStart;
  uint64_t sequence_ = 41;
  std::map<uint64_t, Ticket> tickets_;  // as the last steps left them
  Planner planner_{kPartition};
};

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

TEST_F(Plans, ARoutesSeverityAndMatchersAreOfASingleAlert) {
  Bundle bundle = MakeBundle();
  bundle.routes[1].matchers = {R"(mountpoint=~"/a|/b")"};
  planner_.SetBundle(bundle);
  // /a matches but is too mild, /c is severe but does not match.
  EXPECT_THAT(
      Names(Tell({Step(IncidentStep::kOpened, {Disk("/a", "warning"), Disk("/c", "critical")})})),
      ElementsAre("ticket.opened support-mail", "warning.disk_will_fill contacts"));
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {Disk("/b", "error")}, 135)})),
              ElementsAre("ticket.opened pager", "ticket.opened support-mail",
                          "warning.disk_will_fill contacts"))
      << "one for each receiver, though two routes name support-mail";
}

TEST_F(Plans, AMatcherThatCannotBeReadMatchesEverything) {
  Bundle bundle = MakeBundle();
  bundle.routes[0].matchers = {"mountpoint=~\"(\""};
  planner_.SetBundle(bundle);
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {Disk("/a")})}))[0],
              "ticket.opened support-mail");
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

TEST_F(Plans, AWarningThatTheCatalogueDoesNotHaveIsSaidInGeneralTerms) {
  Alert alert = Disk("/a");
  alert.warning_template = "unheard_of";
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {alert})})),
              ElementsAre("ticket.opened support-mail", "warning.generic contacts"));
  alert.warning_template = "warning.disk_will_fill";
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {alert}, 135)}))[1],
              "warning.disk_will_fill contacts");
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

TEST_F(Plans, OnlyWhatIsSilencedIsLeftOut) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a"), Disk("/b")})});
  ASSERT_THAT(plan.outbox, SizeIs(2));
  EXPECT_EQ(plan.outbox[1].state, DeliveryState::kWaiting);
  EXPECT_EQ(Fact(plan.outbox[1], "label.mountpoint"), "/b");
  EXPECT_EQ(Fact(plan.outbox[1], "more"), "(none)");
}

TEST_F(Plans, ASilenceHoldsFromItsBeginningToItsEndForOneCustomer) {
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

TEST_F(Plans, AnExpiredSilenceStopsNothing) {
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

TEST_F(Plans, WhatASilenceStoppedIsMadeUpForOnceWhenItEndsWhileTheProblemGoesOn) {
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

TEST_F(Plans, ASilenceThatAPersonEndsIsMadeUpForAtOnce) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  now_ = kStart + 1h;
  Planner::Plan plan;
  ASSERT_TRUE(Do(ExpireSilenceCommand{"s1"}, &plan).ok());
  EXPECT_THAT(Waiting(plan), SizeIs(2));
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(Plans, WhatWasOverWithinTheSilenceIsNotMadeUpFor) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Tell({Resolved({Disk("/a")})});
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(Plans, WhatAnotherSilenceStillStopsIsMadeUpForWhenThatEnds) {
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

TEST_F(Plans, WhoHeardOfTheTicketOtherwiseIsNotToldAgainWhenTheSilenceEnds) {
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

TEST_F(Plans, WhatIsUnknownWhenTheSilenceEndsIsMadeUpForWhenItProvesToGoOn) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  tickets_.at(71).alerts = {Disk("/a", "warning", AlertState::kUnknown)};
  now_ = kStart + 2h;
  EXPECT_THAT(Waiting(Tell({})), IsEmpty());
  EXPECT_EQ(planner_.NextTimer(), now_ + Planner::kLookAgain);
  tickets_.at(71).alerts = {Disk("/a")};
  now_ += Planner::kLookAgain;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
  EXPECT_EQ(planner_.NextTimer(), std::nullopt);
}

TEST_F(Plans, ASilenceOfWeeksIsMadeUpForToo) {
  Silence silence = MakeSilence("s1", {R"(mountpoint="/a")"});
  silence.to = kStart + 30 * 24h;
  ASSERT_TRUE(Do(AddSilenceCommand{silence}).ok());
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  now_ = kStart + 20 * 24h;
  EXPECT_THAT(Tell({}).forgotten, IsEmpty());
  now_ = silence.to;
  EXPECT_THAT(Waiting(Tell({})), SizeIs(2));
}

TEST_F(Plans, ABadSilenceIsRefusedAndChangesNothing) {
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
  EXPECT_TRUE(planner_.silences().empty());
  EXPECT_EQ(code([](Silence&) {}), Code::kOk);
  EXPECT_EQ(code([](Silence&) {}), Code::kAlreadyExists);
  EXPECT_EQ(planner_.silences().size(), 1u);
}

TEST_F(Plans, WhatNobodyCanReceiveIsDeadAtOnceAndSaysWhy) {
  uint64_t number = 71;
  auto outcome = [&](auto&& change) {
    Bundle bundle = MakeBundle();
    change(bundle);
    planner_.SetBundle(bundle);
    Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a")}, number += 64)});
    for (const Notification& n : plan.outbox) {
      if (n.state == DeliveryState::kDead) {
        EXPECT_EQ(plan.timeline.at(0).what, "not_notified");
        return n.outcome;
      }
    }
    return std::string("none is dead");
  };
  EXPECT_THAT(outcome([](Bundle& b) { b.customers[0].contacts.clear(); }),
              HasSubstr("customer acme has no contact"));
  EXPECT_THAT(outcome([](Bundle& b) { b.customers.clear(); }),
              HasSubstr("the customer is not in the bundle"));
  EXPECT_THAT(outcome([](Bundle& b) { b.receivers.pop_back(); }),
              HasSubstr("no receiver contacts"));
  // What is for support never reaches the customer by a receiver without addresses.
  EXPECT_THAT(outcome([](Bundle& b) { b.routes[0].receivers = {"contacts"}; }),
              HasSubstr("never goes to a customer's contacts"));
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

TEST_F(Plans, WhatIsSettledIsForgottenLongAfterAndWhatBeganSomethingLater) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});  // 7-42-0, -1
  Deliver("7-42-0", DeliveryCommand::Result::kDelivered);
  Deliver("7-42-1", DeliveryCommand::Result::kDelivered);
  Tell({Resolved({Disk("/a")})});  // 7-45-0, -1
  Deliver("7-45-0", DeliveryCommand::Result::kDelivered);
  now_ = kStart + Planner::kRemembered - 1ms;
  EXPECT_THAT(Tell({}).forgotten, IsEmpty());
  now_ += 1ms;
  EXPECT_THAT(Tell({}).forgotten, ElementsAre("7-45-0"));
  EXPECT_FALSE(planner_.outbox().contains("7-45-0"));
  now_ = kStart + Planner::kRememberedLong;
  EXPECT_THAT(Tell({}).forgotten, UnorderedElementsAre("7-42-0", "7-42-1"));
  EXPECT_THAT(planner_.outbox(), SizeIs(1)) << "what still waits is never forgotten";
}

TEST_F(Plans, ALongProblemStillGetsItsAllClear) {
  Tell({Step(IncidentStep::kOpened, {Disk("/a")})});
  Deliver("7-42-0", DeliveryCommand::Result::kDelivered);
  Deliver("7-42-1", DeliveryCommand::Result::kDelivered);
  now_ = kStart + 30 * 24h;
  EXPECT_THAT(
      Names(Tell({Resolved({Disk("/a")})})),
      ElementsAre("ticket.resolved support-mail", "warning.disk_will_fill.cleared contacts"));
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
