#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/bundle.h"
#include "model/incident.h"
#include "model/notification.h"
#include "notifier/outbox.h"

namespace forewarn {

// What the planner concluded from one entry.
struct Plan {
  std::vector<Notification> outbox;    // new or changed; to be stored. kWaiting ones are to be sent
  std::vector<std::string> forgotten;  // ids to remove from the store: settled long ago
  std::vector<Silence> silences;       // new or changed
  std::vector<TimelineItem> timeline;  // lines for tickets, index not yet set
};

// Draft is the plan of one entry while it is written: each step of the planner adds to it, and the
// outbox follows at once. Lives for one entry.
class Draft {
 public:
  // Loans that outlive it. `sequence` is the entry's and makes the ids; `now` is its arrival.
  Draft(uint32_t partition, uint64_t sequence, Timestamp now, const Bundle& bundle, Outbox& outbox,
        Plan& plan)
      : partition_(partition),
        sequence_(sequence),
        now_(now),
        bundle_(bundle),
        outbox_(outbox),
        plan_(plan) {}

  Timestamp now() const { return now_; }
  const Bundle& bundle() const { return bundle_; }
  const Outbox& outbox() const { return outbox_; }

  // Adds a notification, once who reads it is filled in; `silence` stops it. One that is not sent gets
  // a line in the ticket that says why.
  void Add(Notification notification, const Silence* silence);
  // Puts a changed one in the place of the one with its id.
  void Change(Notification notification);
  // Sets when to look at a stopped notification again; never when `at` is not after its creation.
  void LookAt(const Notification& stopped, Timestamp at);
  void Line(uint64_t ticket, std::string what, std::string text, bool customer_visible = false);

 private:
  const uint32_t partition_;
  const uint64_t sequence_;
  const Timestamp now_;
  const Bundle& bundle_;
  Outbox& outbox_;
  Plan& plan_;

  uint64_t next_index_ = 0;
};

// `support <a@example.com, b@example.com>`.
std::string Addressees(const Notification& notification);

}  // namespace forewarn
