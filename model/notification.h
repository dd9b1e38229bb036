#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/labels.h"
#include "model/telemetry.h"

namespace forewarn {

enum class DeliveryState : int32_t { kWaiting = 1, kDelivered = 2, kDead = 3, kSuppressed = 4 };
enum class Audience : int32_t { kSupport = 1, kCustomer = 2 };

// One message about one thing to one receiver: an entry of the outbox. Holds the template's id and
// the facts, not the text; the dispatcher renders when it sends. Delivered at least once; `id` is
// the idempotency key that receivers see. Times are arrival times. Stored under StateKind::kOutbox
// by its id.
struct Notification {
  std::string id;  // `<partition>-<sequence>-<index>`: the same after a replay
  std::string customer;
  uint64_t ticket = 0;
  std::string receiver;  // id of a receiver in the bundle
  Audience audience = Audience::kSupport;
  std::string template_id;             // `ticket.opened`, `warning.disk_fills`, …
  std::string locale;                  // of the reader: `en`, `zh`
  std::string timezone;                // of the reader, IANA
  std::vector<std::string> addresses;  // for e-mail: who
  Attributes facts;                    // what the template may name, sorted by name
  Timestamp created_at;
  DeliveryState state = DeliveryState::kWaiting;
  uint32_t attempts = 0;
  // Of a suppressed one: when to look at it again, if that is after its creation.
  Timestamp next_attempt_at;
  std::string outcome;                  // receipt, last error, or the silence that suppressed it
  std::optional<Timestamp> settled_at;  // when it stopped waiting

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.customer);
    visit(3, self.ticket);
    visit(4, self.receiver);
    visit(5, self.audience);
    visit(6, self.template_id);
    visit(7, self.locale);
    visit(8, self.timezone);
    visit(9, self.addresses);
    visit(10, self.facts);
    visit(11, self.created_at);
    visit(12, self.state);
    visit(13, self.attempts);
    visit(14, self.next_attempt_at);
    visit(15, self.outcome);
    visit(16, self.settled_at);
  }
};

// Stops the sending about what matches, not the alert. Matchers are in PromQL's notation.
// Stored under StateKind::kSilence by its id.
struct Silence {
  std::string id;                     // UUID
  std::string customer;               // silences never reach beyond one
  std::vector<std::string> matchers;  // `alertname="DiskWillFill"`, `instance=~"web.*"`
  Timestamp from;                     // arrival time
  Timestamp to;
  std::string created_by;
  std::string comment;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.customer);
    visit(3, self.matchers);
    visit(4, self.from);
    visit(5, self.to);
    visit(6, self.created_by);
    visit(7, self.comment);
  }
};

}  // namespace forewarn
