#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/alert.h"
#include "model/notification.h"

namespace forewarn {

// Outbox remembers what was told to whom, and what silences stopped. Times are arrival times. Owned by
// the planner; not thread-safe.
class Outbox {
 public:
  // How long it remembers: what began something, and what was given up, long enough for its end to
  // find it; everything else a week.
  static constexpr Duration kRemembered = 7 * 24h;
  static constexpr Duration kRememberedLong = 90 * 24h;

  // Sequence and index of a notification's id: their order is the order of planning.
  using Order = std::pair<uint64_t, uint64_t>;
  static Order OrderOf(const Notification& notification);

  // Adds one, or puts it in the place of the one with its id.
  void Put(Notification notification);
  // Null when there is none.
  const Notification* Find(const std::string& id) const;
  // Those about a ticket, in the order of planning. Good until the next change.
  std::vector<const Notification*> Of(uint64_t ticket) const;
  const std::map<std::string, Notification>& all() const { return notifications_; }

  // Whether the receiver, of support, was told of the ticket since it last began. An end counts even if a
  // silence stopped it: what begins after it is news to everybody.
  bool Heard(uint64_t ticket, const std::string& receiver) const;
  // Whether the last that went out to the receiver, of support, says that the ticket is open, so that its
  // end is owed to him.
  bool BelievesItOpen(uint64_t ticket, const std::string& receiver) const;
  // Whether the customer knows of this alert, and has not been told since that it is over.
  bool WasWarned(uint64_t ticket, const std::string& receiver, const std::string& template_id,
                 const Alert& alert) const;

  // When to look again at a notification that a silence stopped; nothing when there is nothing to make
  // up for.
  static std::optional<Timestamp> LookAtOf(const Notification& notification);
  // The stopped ones that are due at `now`, and all of `customer` when it is not empty; in the order of
  // planning.
  std::vector<std::string> ToLookAt(Timestamp now, const std::string& customer) const;
  std::optional<Timestamp> NextLook() const;

  // Forgets what was settled long ago, and returns the ids.
  std::vector<std::string> Forget(Timestamp now);

 private:
  // Those to one receiver of support.
  std::vector<const Notification*> OfSupport(uint64_t ticket, const std::string& receiver) const;
  void Index(const Notification& notification);
  void RemoveFromIndex(const Notification& notification);

  std::map<std::string, Notification> notifications_;
  // Derived: ids.
  std::map<uint64_t, std::map<Order, std::string>> by_ticket_;
  std::set<std::pair<Timestamp, std::string>> forget_;   // by when
  std::set<std::pair<Timestamp, std::string>> stopped_;  // by when to look again
};

}  // namespace forewarn
