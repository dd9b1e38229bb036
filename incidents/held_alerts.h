#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/fingerprint.h"
#include "model/alert.h"
#include "model/incident.h"

namespace forewarn {

// HeldAlerts knows which ticket holds which alert and how many of a ticket's alerts are firing, and puts
// alerts into tickets and takes them out. An alert is in one ticket at most. Owned by the incident
// manager; not thread-safe.
class HeldAlerts {
 public:
  // Alerts that a ticket holds in full; of the others it keeps the id and the state.
  static constexpr size_t kInFull = 100;

  // Takes note of what a stored ticket holds.
  void Restore(const Ticket& ticket);

  // Puts the alert into the ticket as it stands now, in the place of what the ticket holds of it.
  void Hold(Ticket& ticket, const Alert& alert);
  // Takes it out of the ticket, which holds it.
  void Release(Ticket& ticket, const Alert& alert);

  // The number of the ticket that holds the alert, if any.
  std::optional<uint64_t> HolderOf(Fingerprint alert) const;
  // The state in which the ticket, which holds it, knows the alert.
  static AlertState StateIn(const Ticket& ticket, Fingerprint alert);
  uint64_t FiringIn(uint64_t ticket) const;

 private:
  std::map<Fingerprint, uint64_t> holder_;
  std::map<uint64_t, uint64_t> firing_;  // by ticket; none that has no firing alert
};

}  // namespace forewarn
