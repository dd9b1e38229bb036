#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"
#include "model/incident.h"

namespace forewarn {

// OverTickets knows which tickets are over and since when (arrival time): resolved or closed, with no
// alert that they still hold. One that was closed while it held some is over since the last of them
// left it. Owned by the incident manager; not thread-safe.
class OverTickets {
 public:
  // Takes note of a ticket that is over, as it stands; nothing when it is not.
  void Add(const Ticket& ticket);
  // Forgets it again, before it changes.
  void Remove(const Ticket& ticket);

  struct Over {
    Timestamp since;
    uint64_t number = 0;
  };
  // The one that is over longest of all but `spared`.
  std::optional<Over> First(uint64_t spared) const;

 private:
  std::set<std::pair<Timestamp, uint64_t>> tickets_;  // since when, by number
};

}  // namespace forewarn
