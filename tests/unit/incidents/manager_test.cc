#include "incidents/manager.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ids.h"
#include "tests/unit/incidents/manager_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(Incidents, APendingAlertOpensNothing) {
  EXPECT_TRUE(Tell(0, Disk("/a", AlertState::kPending)).empty());
  EXPECT_TRUE(Tell(1, Disk("/a", AlertState::kResolved)).empty());
  EXPECT_TRUE(manager_.tickets().empty());
}

TEST_F(Incidents, AChangeThatIsNotToBePlannedIsHistoryOnly) {
  AlertChange change = At(0, Disk("/a", AlertState::kFiring));
  change.plan = false;
  EXPECT_TRUE(Tell(0, {change}).empty());
  EXPECT_TRUE(manager_.tickets().empty());
}

TEST_F(Incidents, AFiringAlertOpensATicketThatTellsItsStory) {
  Alert alert = Disk("/a", AlertState::kFiring, "critical");
  alert.annotations = {{"summary", "/a is full in 2h"}};
  alert.predicted_breach = kStart + 2h;
  auto changes = Tell(5, alert);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_THAT(Lines(changes[0]), ElementsAre("opened", "alert_firing"));
  ASSERT_EQ(changes[0].joined.size(), 1u);
  EXPECT_FALSE(changes[0].severity_raised);

  const Ticket& ticket = changes[0].ticket;
  EXPECT_EQ(ticket.number, 1 * kPartitions + kPartition);
  EXPECT_EQ(ticket.customer, "acme");
  EXPECT_EQ(ticket.installation, "prod");
  EXPECT_EQ(ticket.rule, "DiskWillFill");
  EXPECT_EQ(ticket.title, "DiskWillFill: /a is full in 2h");
  EXPECT_THAT(ticket.description, HasSubstr("Failure expected at: 2026-05-01T12:00:00Z"));
  EXPECT_EQ(ticket.severity, Severity::kCritical);
  EXPECT_EQ(ticket.state, TicketState::kOpen);
  EXPECT_EQ(ticket.opened_at, kStart + 5min);
  EXPECT_EQ(ticket.problem_since, kStart);
  EXPECT_EQ(ticket.predicted_breach, kStart + 2h);
  EXPECT_EQ(ticket.timeline_size, 2u);
  EXPECT_FALSE(ticket.late);
}

TEST_F(Incidents, AnAlertWithoutAKnownSeverityIsAWarning) {
  EXPECT_EQ(Tell(0, Disk("/a", AlertState::kFiring, ""))[0].ticket.severity, Severity::kWarning);
  Alert other = Disk("/b", AlertState::kFiring, "catastrophic");
  other.installation = "test";
  EXPECT_EQ(Tell(0, other)[0].ticket.severity, Severity::kWarning);
}

TEST_F(Incidents, AlertsOfOneRuleAndInstallationAreOneTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  auto changes = Tell(1, Disk("/b", AlertState::kFiring));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kUpdated);
  EXPECT_THAT(Lines(changes[0]), ElementsAre("alert_firing"));
  EXPECT_EQ(Only().alerts.size(), 2u);
}

TEST_F(Incidents, WhatDiffersInWhatNamesAnIncidentIsAnotherTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  auto differs = [&](auto&& change) {
    Alert alert = Disk("/other", AlertState::kFiring);
    change(alert);
    alert.id = Fingerprint::Of(alert.customer)
                   .Add(alert.installation)
                   .Add(alert.rule)
                   .Add(alert.group_key);
    auto changes = Tell(1, alert);
    return changes.size() == 1 && changes[0].step == IncidentStep::kOpened;
  };
  EXPECT_TRUE(differs([](Alert& alert) { alert.customer = "other"; }));
  EXPECT_TRUE(differs([](Alert& alert) { alert.installation = "test"; }));
  EXPECT_TRUE(differs([](Alert& alert) { alert.rule = "InodesWillRunOut"; }));
  EXPECT_TRUE(differs([](Alert& alert) { alert.group_key = "/other"; }));
  EXPECT_FALSE(differs([](Alert& alert) { alert.group = "another file's group"; }));
  EXPECT_EQ(manager_.tickets().size(), 5u);
}

TEST_F(Incidents, SeveralAlertsInOneEntryAreOneStep) {
  auto changes =
      Tell(0, {At(0, Disk("/a", AlertState::kFiring)), At(0, Disk("/b", AlertState::kFiring))});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_EQ(changes[0].joined.size(), 2u);
  EXPECT_EQ(changes[0].ticket.alerts.size(), 2u);
}

TEST_F(Incidents, SeverityIsTheHighestAndIsNeverLowered) {
  Tell(0, Disk("/a", AlertState::kFiring, "warning"));
  auto raised = Tell(1, Disk("/b", AlertState::kFiring, "critical"));
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_TRUE(raised[0].severity_raised);
  EXPECT_THAT(Lines(raised[0]), ElementsAre("alert_firing", "severity_raised"));
  auto left = Tell(2, Disk("/b", AlertState::kResolved, "critical"));
  EXPECT_FALSE(left[0].severity_raised);
  EXPECT_EQ(Only().severity, Severity::kCritical);
}

TEST_F(Incidents, SilenceIsNotRecovery) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Tell(0, Disk("/b", AlertState::kFiring));
  auto first = Tell(10, Disk("/a", AlertState::kUnknown));
  EXPECT_EQ(first[0].step, IncidentStep::kUpdated) << "/b is still known to be firing";
  auto second = Tell(10, Disk("/b", AlertState::kUnknown));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].step, IncidentStep::kUnknown);
  EXPECT_EQ(Only().state, TicketState::kOpen);
  EXPECT_EQ(Only().alerts.size(), 2u);

  auto again = Tell(400, Disk("/a", AlertState::kFiring));
  EXPECT_EQ(again[0].step, IncidentStep::kUpdated);
  EXPECT_TRUE(again[0].joined.empty()) << "it never left";
  EXPECT_EQ(Only().problem_since, kStart);
}

TEST_F(Incidents, ContactLostForAllInOneEntryIsOneStep) {
  Tell(0, {At(0, Disk("/a", AlertState::kFiring)), At(0, Disk("/b", AlertState::kFiring))});
  auto changes =
      Tell(9, {At(9, Disk("/a", AlertState::kUnknown)), At(9, Disk("/b", AlertState::kUnknown))});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kUnknown);
  EXPECT_THAT(Lines(changes[0]), ElementsAre("alert_unknown", "alert_unknown"));
}

TEST_F(Incidents, WhatJoinsIsNewsEvenWhenNothingIsKnownAnyMoreInTheSameEntry) {
  Tell(0, Disk("/a", AlertState::kFiring));
  auto changes = Tell(1, {At(1, Disk("/b", AlertState::kFiring, "critical")),
                          At(1, Disk("/a", AlertState::kUnknown)),
                          At(1, Disk("/b", AlertState::kUnknown, "critical"))});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].step, IncidentStep::kUpdated);
  ASSERT_EQ(changes[0].joined.size(), 1u);
  EXPECT_EQ(changes[0].joined[0].id, Disk("/b", AlertState::kFiring).id);
  EXPECT_TRUE(changes[0].severity_raised);
  EXPECT_EQ(changes[1].step, IncidentStep::kUnknown);
  EXPECT_TRUE(changes[1].joined.empty());
}

TEST_F(Incidents, AnUnknownAlertThatNobodyHoldsOpensNothing) {
  EXPECT_TRUE(Tell(0, Disk("/a", AlertState::kUnknown)).empty());
}

TEST_F(Incidents, TheLastAlertToResolveResolvesTheTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Tell(0, Disk("/b", AlertState::kFiring));
  EXPECT_EQ(Tell(5, Disk("/a", AlertState::kResolved))[0].step, IncidentStep::kUpdated);
  auto changes = Tell(7, Disk("/b", AlertState::kResolved));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kResolved);
  EXPECT_THAT(Lines(changes[0]), ElementsAre("alert_resolved", "resolved"));
  ASSERT_EQ(changes[0].left.size(), 1u);
  EXPECT_EQ(Only().state, TicketState::kResolved);
  EXPECT_EQ(Only().resolved_at, kStart + 7min);
  EXPECT_EQ(Only().problem_until, kStart + 7min);
  EXPECT_FALSE(Only().prevented) << "nothing was predicted";
}

TEST_F(Incidents, OpeningAndResolvingInOneEntryAreTwoStepsThatEachShowTheirTicket) {
  auto changes =
      Tell(5, {At(1, Disk("/a", AlertState::kFiring)), At(4, Disk("/a", AlertState::kResolved))});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_EQ(changes[0].ticket.state, TicketState::kOpen);
  EXPECT_EQ(changes[0].ticket.alerts.size(), 1u);
  EXPECT_EQ(changes[1].step, IncidentStep::kResolved);
  EXPECT_EQ(changes[1].ticket.state, TicketState::kResolved);
}

TEST_F(Incidents, ResolvedBeforeThePredictedBreachIsPrevented) {
  Alert alert = Disk("/a", AlertState::kFiring);
  alert.predicted_breach = kStart + 2h;
  Tell(0, alert);
  alert.state = AlertState::kResolved;
  auto changes = Tell(90, alert);
  EXPECT_TRUE(changes[0].ticket.prevented);
  EXPECT_THAT(changes[0].timeline.back().text, HasSubstr("30m before the predicted failure"));
}

TEST_F(Incidents, ResolvedAfterThePredictedBreachIsNotPrevented) {
  Alert alert = Disk("/a", AlertState::kFiring);
  alert.predicted_breach = kStart + 2h;
  Tell(0, alert);
  alert.state = AlertState::kResolved;
  EXPECT_FALSE(Tell(120, alert)[0].ticket.prevented);
}

TEST_F(Incidents, ASeriesThatIsGoneProvesNothing) {
  Alert alert = Disk("/a", AlertState::kFiring);
  alert.predicted_breach = kStart + 2h;
  Tell(0, alert);
  Tell(0, Disk("/b", AlertState::kFiring));
  alert.state = AlertState::kEnded;
  Tell(10, alert);
  auto changes = Tell(20, Disk("/b", AlertState::kResolved));
  EXPECT_EQ(changes[0].step, IncidentStep::kResolved);
  EXPECT_TRUE(changes[0].ticket.unproven);
  EXPECT_FALSE(changes[0].ticket.prevented);
  EXPECT_THAT(changes[0].timeline.back().text, HasSubstr("not all were proven"));
}

TEST_F(Incidents, ThePredictionIsTheEarliestOfTheAlertsThatAreLeft) {
  Alert a = Disk("/a", AlertState::kFiring);
  a.predicted_breach = kStart + 5h;
  Alert b = Disk("/b", AlertState::kFiring);
  b.predicted_breach = kStart + 3h;
  Tell(0, a);
  auto earlier = Tell(1, b);
  EXPECT_THAT(Lines(earlier[0]), ElementsAre("alert_firing", "prediction_moved"));
  EXPECT_EQ(Only().predicted_breach, kStart + 3h);
  b.state = AlertState::kResolved;
  Tell(2, b);
  EXPECT_EQ(Only().predicted_breach, kStart + 5h);
  a.state = AlertState::kResolved;
  Tell(3, a);
  EXPECT_EQ(Only().predicted_breach, kStart + 5h) << "what `prevented` was measured against stays";
  EXPECT_TRUE(Only().prevented);
}

TEST_F(Incidents, APredictionThatMovesALittleIsKeptWithoutALine) {
  Alert alert = Disk("/a", AlertState::kFiring);
  alert.predicted_breach = kStart + 5h;
  Tell(0, alert);
  alert.predicted_breach = kStart + 5h - 6min;
  auto little = Tell(1, alert);
  ASSERT_EQ(little.size(), 1u);
  EXPECT_TRUE(little[0].timeline.empty());
  EXPECT_EQ(little[0].ticket.predicted_breach, kStart + 5h - 6min);
  alert.predicted_breach = kStart + 2h;
  EXPECT_THAT(Lines(Tell(2, alert)[0]), ElementsAre("prediction_moved"));
}

TEST_F(Incidents, WhatComesBackWithinTheHourReopensItsTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  ASSERT_TRUE(Command(1, {Only().number, TicketCommand::Act::kAcknowledge, "", "", false}).ok());
  Tell(10, Disk("/a", AlertState::kResolved));
  auto changes = Tell(70, Disk("/b", AlertState::kFiring));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kReopened);
  EXPECT_THAT(Lines(changes[0]), ElementsAre("reopened", "alert_firing"));
  EXPECT_EQ(changes[0].joined.size(), 1u);
  const Ticket& ticket = Only();
  EXPECT_EQ(ticket.state, TicketState::kOpen);
  EXPECT_FALSE(ticket.resolved_at.has_value());
  EXPECT_FALSE(ticket.problem_until.has_value());
  EXPECT_FALSE(ticket.acknowledged_at.has_value()) << "somebody has to look again";
  EXPECT_EQ(ticket.owner, "on-call engineer");
}

TEST_F(Incidents, WhatComesBackLaterIsANewTicketThatNamesTheOld) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t first = Only().number;
  Tell(10, Disk("/a", AlertState::kResolved));
  auto changes = Tell(71, Disk("/a", AlertState::kFiring));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_EQ(changes[0].ticket.number, first + kPartitions);
  EXPECT_EQ(changes[0].ticket.previous, first);
  EXPECT_THAT(changes[0].timeline[0].text, HasSubstr(TicketName(first)));
}

TEST_F(Incidents, TheReopenWindowIsMeasuredInEventTime) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Tell(10, Disk("/a", AlertState::kResolved));
  // Arrives three hours later, but fired half an hour after the end; not from a spool.
  auto changes = Tell(190, {At(40, Disk("/a", AlertState::kFiring))});
  EXPECT_EQ(changes[0].step, IncidentStep::kReopened);
}

TEST_F(Incidents, LateDataNeverReopensATicketThatWasResolvedAfterIt) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t first = Only().number;
  Tell(60, Disk("/a", AlertState::kResolved));
  auto changes = Tell(65, {Late(30, Disk("/b", AlertState::kFiring))});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_TRUE(changes[0].late);
  EXPECT_TRUE(changes[0].ticket.late);
  EXPECT_EQ(changes[0].ticket.previous, first);
  EXPECT_EQ(manager_.Find(first)->state, TicketState::kResolved);
  EXPECT_THAT(changes[0].timeline[0].text, HasSubstr("arrived late"));
}

TEST_F(Incidents, LateDataFromAfterTheResolutionMayReopen) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Tell(10, Disk("/a", AlertState::kResolved));
  auto changes = Tell(60, {Late(30, Disk("/a", AlertState::kFiring))});
  EXPECT_EQ(changes[0].step, IncidentStep::kReopened);
  EXPECT_TRUE(changes[0].late);
}

TEST_F(Incidents, LinesOfOthersGetTheNextIndex) {
  Tell(0, Disk("/a", AlertState::kFiring));
  TimelineItem line;
  line.ticket = Only().number;
  manager_.AddLine(line);
  EXPECT_EQ(line.index, 2u);
  EXPECT_EQ(Only().timeline_size, 3u);
}

TEST_F(Incidents, TheTicketThatIsOverLongestIsForgottenFirst) {
  auto of = [](const std::string& installation, AlertState state) {
    Alert alert = Disk("/" + installation, state);
    alert.installation = installation;
    return alert;
  };
  auto first = [&] {
    auto over = manager_.FirstOver();
    return over ? std::pair(over->number, over->since) : std::pair(uint64_t{0}, kTimeZero);
  };
  EXPECT_FALSE(manager_.FirstOver());
  uint64_t resolved = Tell(0, of("a", AlertState::kFiring))[0].ticket.number;
  uint64_t open = Tell(0, of("b", AlertState::kFiring))[0].ticket.number;
  uint64_t closed = Tell(0, of("c", AlertState::kFiring))[0].ticket.number;
  uint64_t newest = Tell(0, of("d", AlertState::kFiring))[0].ticket.number;
  Tell(5, of("d", AlertState::kResolved));
  Tell(10, of("a", AlertState::kResolved));
  TicketCommand close;
  close.ticket = closed;
  close.act = TicketCommand::Act::kClose;
  ASSERT_TRUE(Command(20, close).ok());

  EXPECT_EQ(first(), std::pair(resolved, kStart + 10min)) << "the newest tells the next number";
  EXPECT_EQ(manager_.Forget(resolved).timeline_size, 4u);
  EXPECT_EQ(manager_.Find(resolved), nullptr);
  EXPECT_FALSE(manager_.FirstOver()) << "what is closed still holds its alert";
  Tell(30, of("c", AlertState::kResolved));
  EXPECT_EQ(first(), std::pair(closed, kStart + 30min)) << "since its problem is";
  manager_.Forget(closed);
  EXPECT_NE(manager_.Find(open), nullptr);

  auto again = Tell(40, of("a", AlertState::kFiring));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].step, IncidentStep::kOpened);
  EXPECT_EQ(again[0].ticket.previous, 0u);
  EXPECT_EQ(again[0].ticket.number, newest + kPartitions);
  EXPECT_EQ(first(), std::pair(newest, kStart + 5min)) << "there is a newer one now";
}

TEST_F(Incidents, ATicketThatIsReopenedIsNotOver) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Tell(1, Disk("/a", AlertState::kResolved));
  Tell(2, Disk("/a", AlertState::kFiring));
  Alert other = Disk("/b", AlertState::kFiring);
  other.installation = "test";
  Tell(3, other);
  EXPECT_FALSE(manager_.FirstOver());
  Tell(4, Disk("/a", AlertState::kResolved));
  ASSERT_TRUE(manager_.FirstOver());
  EXPECT_EQ(manager_.FirstOver()->since, kStart + 4min);

  IncidentManager restored(kPartition);
  for (const auto& [number, ticket] : manager_.tickets()) restored.Restore(ticket);
  ASSERT_TRUE(restored.FirstOver());
  EXPECT_EQ(restored.FirstOver()->since, kStart + 4min);
}

}  // namespace
}  // namespace forewarn
