#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fingerprint.h"
#include "base/time.h"
#include "model/alert.h"

namespace forewarn {

enum class TicketState : int32_t { kOpen = 1, kAcknowledged = 2, kResolved = 3, kClosed = 4 };

// An alert of which only the id and the state are kept.
struct AlertRef {
  Fingerprint id;
  AlertState state = AlertState::kFiring;

  friend auto operator<=>(const AlertRef&, const AlertRef&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.state);
  }
};

// One problem that a person would name, and its record of work: one incident, one ticket, one
// number. What belongs to an incident: alerts of the same customer, installation, rule and group
// labels. Times are arrival times unless named otherwise. Stored under StateKind::kTicket by its
// number.
struct Ticket {
  uint64_t number = 0;  // n × 64 + partition; shown as FW-<number>
  std::string customer;
  std::string installation;
  std::string rule;
  Fingerprint key;  // of what makes alerts belong together
  std::string title;
  std::string description;
  Severity severity = Severity::kWarning;
  int32_t tier = 1;
  std::string owner;  // the one accountable person, or empty
  TicketState state = TicketState::kOpen;
  Timestamp opened_at;
  std::optional<Timestamp> acknowledged_at;
  std::string acknowledged_by;
  std::optional<Timestamp> resolved_at;  // all its alerts resolved, or a person said so
  std::optional<Timestamp> closed_at;
  std::string cause;       // given at close
  std::string resolution;  // given at close
  // Its data proved that all its alerts resolved before the predicted breach.
  bool prevented = false;
  Timestamp problem_since;                    // event time: the earliest of its alerts
  std::optional<Timestamp> predicted_breach;  // event time: the earliest of its alerts'
  std::optional<Timestamp>
      problem_until;                  // event time: when the last of its alerts resolved or ended
  std::vector<Alert> alerts;          // firing or unknown, by id; at most 100
  std::vector<AlertRef> more_alerts;  // those beyond the 100, by id
  uint64_t timeline_size = 0;
  bool late = false;      // opened by data that arrived late
  bool unproven = false;  // an alert left it because its series is gone, which proves nothing
  uint64_t previous = 0;  // the ticket of the same problem before it, or 0

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.number);
    visit(2, self.customer);
    visit(3, self.installation);
    visit(4, self.rule);
    visit(5, self.key);
    visit(6, self.title);
    visit(7, self.description);
    visit(8, self.severity);
    visit(9, self.tier);
    visit(10, self.owner);
    visit(11, self.state);
    visit(12, self.opened_at);
    visit(13, self.acknowledged_at);
    visit(14, self.acknowledged_by);
    visit(15, self.resolved_at);
    visit(16, self.closed_at);
    visit(17, self.cause);
    visit(18, self.resolution);
    visit(19, self.prevented);
    visit(20, self.problem_since);
    visit(21, self.predicted_breach);
    visit(22, self.alerts);
    visit(23, self.more_alerts);
    visit(24, self.timeline_size);
    visit(25, self.late);
    visit(26, self.problem_until);
    visit(27, self.unproven);
    visit(28, self.previous);
  }
};

// One line of a ticket's append-only timeline. Stored under StateKind::kTimeline by ticket and
// index.
struct TimelineItem {
  uint64_t ticket = 0;
  uint64_t index = 0;  // 0, 1, 2, …
  Timestamp at;        // arrival time
  std::string actor;   // `forewarn`, or a person's name
  // opened, reopened, alert_firing, alert_unknown, alert_resolved, alert_ended, severity_raised,
  // prediction_moved, resolved, acknowledged, closed, note, notified, not_notified, suppressed
  std::string what;
  std::string text;
  bool customer_visible = false;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.ticket);
    visit(2, self.index);
    visit(3, self.at);
    visit(4, self.actor);
    visit(5, self.what);
    visit(6, self.text);
    visit(7, self.customer_visible);
  }
};

enum class IncidentStep : int32_t {
  kOpened = 1,
  kUpdated = 2,  // alerts joined or left; severity or prediction moved
  kUnknown = 3,  // nothing is firing any more, but something is unknown
  kAcknowledged = 4,
  kResolved = 5,
  kReopened = 6,
  kClosed = 7,
};

// A step of an incident's life, with the ticket after it and the lines it added to the timeline.
// Not stored as such.
struct IncidentChange {
  IncidentStep step = IncidentStep::kOpened;
  Ticket ticket;
  std::vector<TimelineItem> timeline;
  std::vector<Alert> joined;  // began to fire with this step
  std::vector<Alert> left;    // resolved or ended with this step
  bool severity_raised = false;
  bool late = false;  // caused by data that arrived late
};

// From the alert's label `severity`; kWarning when it is missing or unknown.
Severity SeverityOf(const Alert& alert);

std::string TicketName(uint64_t number);                         // `FW-192`
std::optional<uint64_t> ParseTicketName(std::string_view name);  // `FW-192` or `192`
std::string_view TicketStateName(TicketState state);             // `open`, `acknowledged`, …
std::string_view SeverityName(Severity severity);                // `info`, `warning`, …
std::optional<Severity> ParseSeverity(std::string_view name);

}  // namespace forewarn
