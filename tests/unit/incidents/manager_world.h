#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "incidents/manager.h"

namespace forewarn {

inline constexpr uint32_t kPartition = 7;
inline const Timestamp kStart = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

// An alert of one rule at acme's installation prod, told apart by its mount point.
inline Alert Disk(const std::string& mountpoint, AlertState state,
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

inline std::vector<std::string> Lines(const IncidentChange& change) {
  std::vector<std::string> out;
  for (const TimelineItem& line : change.timeline) out.push_back(line.what);
  return out;
}

}  // namespace forewarn
