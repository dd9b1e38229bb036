#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fingerprint.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/telemetry.h"

namespace forewarn {

// pending -> firing -> resolved, as in Prometheus. *unknown*: the data stopped, so nobody can say;
// the alert keeps its start and continues or resolves on data alone. *ended*: its series is gone
// for good.
enum class AlertState : int32_t {
  kPending = 1,
  kFiring = 2,
  kUnknown = 3,
  kResolved = 4,
  kEnded = 5
};

enum class UnknownReason : int32_t { kNone = 0, kContactLost = 1, kSeriesGone = 2 };

// What a rule concluded about one label set of one customer. Times are event times.
// Stored under StateKind::kAlert by its id; resolved and ended ones are removed from there.
struct Alert {
  Fingerprint id;  // of customer, rule group, rule name and labels: the same after a restart
  std::string customer;
  std::string installation;
  std::string group;
  std::string rule;  // the alert's name
  Labels labels;     // of the result, the rule's own, and `alertname`
  Attributes annotations;
  AlertState state = AlertState::kPending;
  UnknownReason unknown_reason = UnknownReason::kNone;
  double value = 0;
  Timestamp active_since;               // when the condition began to hold
  std::optional<Timestamp> fired_at;    // when `for` had passed
  std::optional<Timestamp> held_until;  // while only `keep_firing_for` keeps it
  std::optional<Timestamp> ended_at;    // resolved or ended
  Timestamp last_true;                  // the last instant at which the expression had this result
  // When the failure is expected, from the rule's `forewarn: predicts:`.
  std::optional<Timestamp> predicted_breach;
  std::vector<std::string> probes;  // whose data it rests on
  // From the rule's `forewarn:` section: text for the customer, next step, playbook.
  std::string warning_template;  // empty: the customer is not told
  std::string playbook;
  // The values of the rule's `forewarn: group_by:` labels, as the engine joins them: alerts of one
  // rule and installation with the same key are one incident. Empty without `group_by`.
  std::string group_key;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.customer);
    visit(3, self.installation);
    visit(4, self.group);
    visit(5, self.rule);
    visit(6, self.labels);
    visit(7, self.annotations);
    visit(8, self.state);
    visit(9, self.unknown_reason);
    visit(10, self.value);
    visit(11, self.active_since);
    visit(12, self.fired_at);
    visit(13, self.held_until);
    visit(14, self.ended_at);
    visit(15, self.last_true);
    visit(16, self.predicted_breach);
    visit(17, self.probes);
    visit(18, self.warning_template);
    visit(19, self.playbook);
    visit(20, self.group_key);
  }
};

// A step of an alert's life. Every change is recorded; only those with `plan` reach incidents and
// notices (while a probe catches up, the steps are history and the net result follows, marked
// late).
struct AlertChange {
  std::optional<AlertState> before;  // none: it did not exist
  Alert alert;                       // after
  Timestamp at;                      // event time of the step
  bool plan = true;
  bool late = false;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.before);
    visit(2, self.alert);
    visit(3, self.at);
    visit(4, self.plan);
    visit(5, self.late);
  }
};

// Whether a prediction says something new to those who were told of `told`: it is the first, or it
// moved by at least five minutes and a tenth of the time that is left at `at`. A failure that was
// expected by then in both is no news.
bool IsPredictionNews(std::optional<Timestamp> told, std::optional<Timestamp> predicted,
                      Timestamp at);

std::string_view AlertStateName(AlertState state);  // `pending`, `firing`, …

}  // namespace forewarn
