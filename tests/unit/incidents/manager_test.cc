#include "incidents/manager.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/record.h"
#include "base/rng.h"
#include "model/ids.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint32_t kPartition = 7;
const Timestamp kStart = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

// An alert of one rule at acme's installation prod, told apart by its mount point.
Alert Disk(const std::string& mountpoint, AlertState state,
           const std::string& severity = "warning") {
  Alert alert;
  alert.customer = "acme";
  alert.installation = "prod";
  alert.group = "capacity";
  alert.rule = "DiskWillFill";
  alert.labels = {
      {"alertname", "DiskWillFill"}, {"mountpoint", mountpoint}, {"severity", severity}};
  alert.id = Fingerprint::Of(mountpoint);
  alert.state = state;
  alert.active_since = kStart;
  alert.last_true = kStart;
  return alert;
}

// A manager with the entries told to it. Minutes are of both arrival and event time unless said
// otherwise.
class Incidents : public ::testing::Test {
 protected:
  std::vector<IncidentChange> Tell(int minute, std::vector<AlertChange> changes) {
    Entry entry;
    entry.partition = kPartition;
    entry.arrival = kStart + std::chrono::minutes(minute);
    entry.actor = "forewarn";
    entry.what = Tick{};
    std::vector<IncidentChange> out;
    EXPECT_TRUE(manager_.Apply(entry, changes, out).ok());
    return out;
  }
  std::vector<IncidentChange> Tell(int minute, Alert alert) {
    return Tell(minute, {At(minute, std::move(alert))});
  }

  static AlertChange At(int minute, Alert alert) {
    AlertChange change;
    change.at = kStart + std::chrono::minutes(minute);
    if (alert.state == AlertState::kResolved || alert.state == AlertState::kEnded)
      alert.ended_at = change.at;
    change.alert = std::move(alert);
    return change;
  }
  static AlertChange Late(int minute, Alert alert) {
    AlertChange change = At(minute, std::move(alert));
    change.late = true;
    return change;
  }

  Status Command(int minute, TicketCommand command, std::vector<IncidentChange>* out = nullptr) {
    Entry entry;
    entry.partition = kPartition;
    entry.arrival = kStart + std::chrono::minutes(minute);
    entry.actor = "on-call engineer";
    entry.what = forewarn::Command(std::move(command));
    std::vector<IncidentChange> changes;
    Status status = manager_.Apply(entry, {}, changes);
    if (out != nullptr) *out = std::move(changes);
    return status;
  }

  const Ticket& Only() const {
    EXPECT_EQ(manager_.tickets().size(), 1u);
    return manager_.tickets().begin()->second;
  }

  IncidentManager manager_{kPartition};
};

std::vector<std::string> Lines(const IncidentChange& change) {
  std::vector<std::string> out;
  for (const TimelineItem& line : change.timeline) out.push_back(line.what);
  return out;
}

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

TEST_F(Incidents, AcknowledgingIsAPersonsActAndHappensOnce) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  std::vector<IncidentChange> out;
  ASSERT_TRUE(Command(3, {number, TicketCommand::Act::kAcknowledge, "", "", false}, &out).ok());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].step, IncidentStep::kAcknowledged);
  EXPECT_EQ(out[0].timeline[0].actor, "on-call engineer");
  EXPECT_EQ(out[0].ticket.state, TicketState::kAcknowledged);
  EXPECT_EQ(out[0].ticket.acknowledged_by, "on-call engineer");
  EXPECT_EQ(out[0].ticket.acknowledged_at, kStart + 3min);
  EXPECT_EQ(out[0].ticket.owner, "on-call engineer");

  Status again = Command(4, {number, TicketCommand::Act::kAcknowledge, "", "", false}, &out);
  EXPECT_EQ(again.code(), Code::kFailedPrecondition);
  EXPECT_THAT(again.message(),
              HasSubstr("acknowledged by on-call engineer at 2026-05-01T10:03:00Z"));
  EXPECT_TRUE(out.empty());
  // An alert that joins keeps it acknowledged.
  Tell(5, Disk("/b", AlertState::kFiring));
  EXPECT_EQ(Only().state, TicketState::kAcknowledged);
}

TEST_F(Incidents, WhatIsOverCannotBeAcknowledged) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  Tell(5, Disk("/a", AlertState::kResolved));
  Status status = Command(6, {number, TicketCommand::Act::kAcknowledge, "", "", false});
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is resolved"));
}

TEST_F(Incidents, ClosingKeepsCauseAndResolution) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  Tell(5, Disk("/a", AlertState::kResolved));
  std::vector<IncidentChange> out;
  ASSERT_TRUE(
      Command(9, {number, TicketCommand::Act::kClose, "moved the dumps", "capacity", true}, &out)
          .ok());
  EXPECT_EQ(out[0].step, IncidentStep::kClosed);
  EXPECT_EQ(out[0].ticket.state, TicketState::kClosed);
  EXPECT_EQ(out[0].ticket.cause, "capacity");
  EXPECT_EQ(out[0].ticket.resolution, "moved the dumps");
  EXPECT_EQ(out[0].ticket.resolved_at, kStart + 5min);
  EXPECT_EQ(out[0].ticket.closed_at, kStart + 9min);
  EXPECT_EQ(out[0].timeline[0].text, "closed, cause capacity: moved the dumps");
  EXPECT_TRUE(out[0].timeline[0].customer_visible);
  EXPECT_EQ(Command(10, {number, TicketCommand::Act::kClose, "", "", false}).code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(Command(10, {number, TicketCommand::Act::kAcknowledge, "", "", false}).code(),
            Code::kFailedPrecondition);
}

TEST_F(Incidents, WhatAPersonClosedDoesNotComeBackWhileItGoesOn) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  ASSERT_TRUE(Command(1, {number, TicketCommand::Act::kClose, "known", "", false}).ok());
  EXPECT_EQ(Only().resolved_at, kStart + 1min);
  // Contact is lost and found: still the same alert.
  EXPECT_EQ(Tell(2, Disk("/a", AlertState::kUnknown))[0].step, IncidentStep::kUpdated);
  EXPECT_EQ(Tell(3, Disk("/a", AlertState::kFiring))[0].step, IncidentStep::kUpdated);
  EXPECT_EQ(Tell(4, Disk("/a", AlertState::kResolved))[0].step, IncidentStep::kUpdated);
  EXPECT_EQ(Only().state, TicketState::kClosed);
  EXPECT_EQ(Only().problem_until, kStart + 4min);
  // Anew is new, also within the hour: closed is final.
  auto changes = Tell(5, Disk("/a", AlertState::kFiring));
  EXPECT_EQ(changes[0].step, IncidentStep::kOpened);
  EXPECT_EQ(changes[0].ticket.previous, number);
}

TEST_F(Incidents, AnotherAlertOfAClosedTicketIsANewTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  ASSERT_TRUE(Command(1, {Only().number, TicketCommand::Act::kClose, "", "", false}).ok());
  EXPECT_EQ(Tell(2, Disk("/b", AlertState::kFiring))[0].step, IncidentStep::kOpened);
}

TEST_F(Incidents, ANoteIsALineAndNothingElse) {
  Tell(0, Disk("/a", AlertState::kFiring));
  Ticket before = Only();
  std::vector<IncidentChange> out;
  ASSERT_TRUE(
      Command(1, {before.number, TicketCommand::Act::kNote, "called them", "", true}, &out).ok());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].step, IncidentStep::kUpdated);
  ASSERT_EQ(out[0].timeline.size(), 1u);
  EXPECT_EQ(out[0].timeline[0].what, "note");
  EXPECT_EQ(out[0].timeline[0].text, "called them");
  EXPECT_EQ(out[0].timeline[0].index, before.timeline_size);
  EXPECT_TRUE(out[0].timeline[0].customer_visible);
  before.timeline_size += 1;
  EXPECT_EQ(EncodeRecord(Only()), EncodeRecord(before));
}

TEST_F(Incidents, ACommandThatCannotBeDoneChangesNothing) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  std::string before = EncodeRecord(Only());
  EXPECT_EQ(Command(1, {number + 64, TicketCommand::Act::kClose, "", "", false}).code(),
            Code::kNotFound);
  EXPECT_EQ(Command(1, {number, TicketCommand::Act::kNote, "", "", false}).code(),
            Code::kInvalidArgument);
  std::string novel(IncidentManager::kTextBytesMax + 1, 'x');
  EXPECT_EQ(Command(1, {number, TicketCommand::Act::kNote, novel, "", false}).code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Command(1, {number, static_cast<TicketCommand::Act>(9), "x", "", false}).code(),
            Code::kInvalidArgument);
  EXPECT_EQ(EncodeRecord(Only()), before);
}

TEST_F(Incidents, LinesOfOthersGetTheNextIndex) {
  Tell(0, Disk("/a", AlertState::kFiring));
  TimelineItem line;
  line.ticket = Only().number;
  manager_.AddLine(line);
  EXPECT_EQ(line.index, 2u);
  EXPECT_EQ(Only().timeline_size, 3u);
}

TEST_F(Incidents, AStormIsHeldCompletelyInBoundedSpaceAndEndsOnlyWithItsLastAlert) {
  std::vector<AlertChange> storm;
  for (int i = 0; i < 250; ++i)
    storm.push_back(At(0, Disk(fmt::format("/{}", i), AlertState::kFiring)));
  auto changes = Tell(0, storm);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(Only().alerts.size(), IncidentManager::kAlertsInFull);
  EXPECT_EQ(Only().more_alerts.size(), 150u);
  EXPECT_EQ(changes[0].joined.size(), 250u);
  // opened, ten of the alerts, and one that sums up.
  EXPECT_EQ(changes[0].timeline.size(), 12u);
  EXPECT_EQ(changes[0].timeline.back().text, "and 240 more changes of its alerts");

  for (AlertChange& change : storm) change.alert.state = AlertState::kUnknown;
  EXPECT_EQ(Tell(10, storm)[0].step, IncidentStep::kUnknown);

  for (int i = 0; i < 250; ++i) {
    auto left = Tell(20, Disk(fmt::format("/{}", i), AlertState::kResolved));
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].step, i == 249 ? IncidentStep::kResolved : IncidentStep::kUpdated) << i;
  }
}

// Strategy: random alerts and commands over a few rules, mount points and installations, with
// events that come late or out of order. Invariants, after every entry:
//   - a manager that is built anew from the stored tickets answers the next entry exactly alike;
//   - an alert is in one ticket at most, and every firing alert that was told is in one;
//   - one key has one ticket at most that is neither resolved nor closed;
//   - a ticket without alerts is resolved or closed, and a resolved one has none;
//   - the timeline has no holes.
TEST(IncidentsProperty, AManagerRebuiltFromItsTicketsContinuesAsIfNothingHappened) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    IncidentManager manager(kPartition);
    std::map<uint64_t, std::string> stored;
    std::map<uint64_t, uint64_t> lines;
    std::map<Fingerprint, AlertState> told;
    Timestamp now = kStart;
    for (int step = 0; step < 300; ++step) {
      now += Duration(rng.Below(20 * 60'000));
      Entry entry;
      entry.partition = kPartition;
      entry.arrival = now;
      entry.actor = "on-call engineer";
      std::vector<AlertChange> changes;
      if (rng.Chance(0.25)) {
        TicketCommand command;
        command.ticket = (1 + rng.Below(12)) * kPartitions + kPartition;
        command.act = static_cast<TicketCommand::Act>(1 + rng.Below(3));
        command.text = rng.Chance(0.5) ? "text" : "";
        entry.what = Command(command);
      } else {
        entry.what = Tick{};
        for (uint64_t i = rng.Below(4); i-- > 0;) {
          static constexpr const char* kSeverities[] = {"info", "warning", "error", "critical", ""};
          auto state = static_cast<AlertState>(1 + rng.Below(5));
          Alert alert = Disk(fmt::format("/{}", rng.Below(4)), state, kSeverities[rng.Below(5)]);
          alert.rule = rng.Chance(0.5) ? "DiskWillFill" : "InodesWillRunOut";
          alert.id = alert.id.Add(alert.rule);
          AlertChange change;
          change.late = rng.Chance(0.2);
          change.at = now - Duration(change.late ? rng.Below(3 * 3'600'000) : 0);
          if (rng.Chance(0.5)) alert.predicted_breach = change.at + Duration(rng.Below(7'200'000));
          if (state == AlertState::kResolved || state == AlertState::kEnded)
            alert.ended_at = change.at;
          change.alert = alert;
          change.plan = rng.Chance(0.9);
          changes.push_back(change);
          if (!change.plan || state == AlertState::kPending) continue;
          if (state == AlertState::kUnknown && !told.contains(alert.id)) continue;
          told[alert.id] = state;
          if (alert.ended_at) told.erase(alert.id);
        }
      }

      IncidentManager rebuilt(kPartition);
      for (const auto& [number, record] : stored) rebuilt.Restore(*DecodeRecord<Ticket>(record));
      std::vector<IncidentChange> out, out_rebuilt;
      Status status = manager.Apply(entry, changes, out);
      EXPECT_EQ(rebuilt.Apply(entry, changes, out_rebuilt), status);
      ASSERT_EQ(out.size(), out_rebuilt.size());
      for (size_t i = 0; i < out.size(); ++i) {
        EXPECT_EQ(out[i].step, out_rebuilt[i].step);
        EXPECT_EQ(EncodeRecord(out[i].ticket), EncodeRecord(out_rebuilt[i].ticket));
        EXPECT_EQ(out[i].joined.size(), out_rebuilt[i].joined.size());
        EXPECT_EQ(out[i].left.size(), out_rebuilt[i].left.size());
        EXPECT_EQ(out[i].severity_raised, out_rebuilt[i].severity_raised);
        for (const TimelineItem& line : out[i].timeline)
          EXPECT_EQ(line.index, lines[line.ticket]++);
        stored[out[i].ticket.number] = EncodeRecord(out[i].ticket);
      }

      std::set<Fingerprint> held, open_keys;
      for (const auto& [number, ticket] : manager.tickets()) {
        ASSERT_EQ(EncodeRecord(ticket), stored[number]) << "changed without saying so";
        EXPECT_EQ(ticket.timeline_size, lines[number]);
        for (const Alert& alert : ticket.alerts) EXPECT_TRUE(held.insert(alert.id).second);
        bool is_open =
            ticket.state == TicketState::kOpen || ticket.state == TicketState::kAcknowledged;
        if (is_open) {
          EXPECT_FALSE(ticket.alerts.empty());
          EXPECT_TRUE(open_keys.insert(ticket.key).second);
        }
        if (ticket.state == TicketState::kResolved) {
          EXPECT_TRUE(ticket.alerts.empty());
        }
      }
      for (const auto& [id, state] : told) EXPECT_TRUE(held.contains(id));
      ASSERT_EQ(held.size(), told.size());
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace forewarn
