#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/record.h"
#include "base/rng.h"
#include "model/ids.h"
#include "tests/unit/incidents/manager_world.h"

namespace forewarn {
namespace {

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
