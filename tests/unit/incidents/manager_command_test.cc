#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/record.h"
#include "base/rng.h"
#include "incidents/manager.h"
#include "model/ids.h"
#include "tests/unit/incidents/manager_world.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

class IncidentCommands : public Incidents {};

TEST_F(IncidentCommands, AcknowledgingIsAPersonsActAndHappensOnce) {
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

TEST_F(IncidentCommands, WhatIsOverCannotBeAcknowledged) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  Tell(5, Disk("/a", AlertState::kResolved));
  Status status = Command(6, {number, TicketCommand::Act::kAcknowledge, "", "", false});
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is resolved"));
}

TEST_F(IncidentCommands, ClosingKeepsCauseAndResolution) {
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

TEST_F(IncidentCommands, WhatAPersonClosedDoesNotComeBackWhileItGoesOn) {
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

// Another problem's, since the newest ticket of all is never forgotten.
Alert Elsewhere() {
  Alert alert = Disk("/elsewhere", AlertState::kFiring);
  alert.rule = "AnotherRule";
  return alert;
}

TEST_F(IncidentCommands, ATicketThatWasClosedEarlyIsOverWhenItsProblemIs) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t number = Only().number;
  ASSERT_TRUE(Command(1, {number, TicketCommand::Act::kClose, "known", "", false}).ok());
  Tell(2, Elsewhere());
  EXPECT_FALSE(manager_.FirstOver().has_value());
  auto changes = Tell(500, Disk("/a", AlertState::kResolved));
  EXPECT_EQ(changes[0].ticket.closed_at, kStart + 1min);
  EXPECT_EQ(changes[0].ticket.resolved_at, kStart + 500min);
  ASSERT_TRUE(manager_.FirstOver().has_value());
  EXPECT_EQ(manager_.FirstOver()->number, number);
  EXPECT_EQ(manager_.FirstOver()->since, kStart + 500min);
}

TEST_F(IncidentCommands, WhatIsForgottenIsForgottenAlikeInTheNextLife) {
  Tell(0, Disk("/a", AlertState::kFiring));
  uint64_t closed = Only().number;
  ASSERT_TRUE(Command(1, {closed, TicketCommand::Act::kClose, "known", "", false}).ok());
  Tell(2, Disk("/b", AlertState::kFiring));
  Tell(3, Disk("/b", AlertState::kResolved));
  Tell(4, Elsewhere());
  // The newest of its problem goes, the one before it stays: it holds an alert still.
  ASSERT_TRUE(manager_.FirstOver().has_value());
  manager_.Forget(manager_.FirstOver()->number);
  IncidentManager next_life(kPartition);
  for (const auto& [number, ticket] : manager_.tickets()) next_life.Restore(ticket);

  Entry entry;
  entry.partition = kPartition;
  entry.arrival = kStart + 9min;
  entry.what = Tick{};
  std::vector<AlertChange> changes = {At(9, Disk("/c", AlertState::kFiring))};
  for (IncidentManager* manager : {&manager_, &next_life}) {
    std::vector<IncidentChange> out;
    ASSERT_TRUE(manager->Apply(entry, changes, out).ok());
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].step, IncidentStep::kOpened);
    EXPECT_EQ(out[0].ticket.previous, closed);
  }
}

TEST_F(IncidentCommands, AnotherAlertOfAClosedTicketIsANewTicket) {
  Tell(0, Disk("/a", AlertState::kFiring));
  ASSERT_TRUE(Command(1, {Only().number, TicketCommand::Act::kClose, "", "", false}).ok());
  EXPECT_EQ(Tell(2, Disk("/b", AlertState::kFiring))[0].step, IncidentStep::kOpened);
}

TEST_F(IncidentCommands, ANoteIsALineAndNothingElse) {
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

TEST_F(IncidentCommands, ACommandThatCannotBeDoneChangesNothing) {
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

}  // namespace
}  // namespace forewarn
