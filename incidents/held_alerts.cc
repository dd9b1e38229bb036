#include "incidents/held_alerts.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace forewarn {
namespace {

// Where an alert of this id is, or belongs, in a list that is sorted by id.
template <typename List>
auto Place(List& sorted, Fingerprint id) {
  return std::lower_bound(sorted.begin(), sorted.end(), id,
                          [](const auto& alert, Fingerprint wanted) { return alert.id < wanted; });
}

template <typename List, typename Iterator>
bool IsAt(const List& sorted, Iterator place, Fingerprint id) {
  return place != sorted.end() && place->id == id;
}

}  // namespace

void HeldAlerts::Restore(const Ticket& ticket) {
  uint64_t firing = 0;
  auto hold = [&](Fingerprint id, AlertState state) {
    holder_[id] = ticket.number;
    firing += state == AlertState::kFiring;
  };
  for (const Alert& alert : ticket.alerts) hold(alert.id, alert.state);
  for (const AlertRef& alert : ticket.more_alerts) hold(alert.id, alert.state);
  if (firing > 0) firing_[ticket.number] = firing;
}

void HeldAlerts::Hold(Ticket& ticket, const Alert& alert) {
  if (holder_.contains(alert.id)) Release(ticket, alert);
  holder_[alert.id] = ticket.number;
  if (alert.state == AlertState::kFiring) ++firing_[ticket.number];
  if (ticket.alerts.size() < kInFull) {
    ticket.alerts.insert(Place(ticket.alerts, alert.id), alert);
  } else {
    ticket.more_alerts.insert(Place(ticket.more_alerts, alert.id), AlertRef{alert.id, alert.state});
  }
}

void HeldAlerts::Release(Ticket& ticket, const Alert& alert) {
  AlertState before = StateIn(ticket, alert.id);
  auto place = Place(ticket.alerts, alert.id);
  if (IsAt(ticket.alerts, place, alert.id)) {
    ticket.alerts.erase(place);
  } else {
    ticket.more_alerts.erase(Place(ticket.more_alerts, alert.id));
  }
  holder_.erase(alert.id);
  if (before == AlertState::kFiring && --firing_[ticket.number] == 0) firing_.erase(ticket.number);
}

std::optional<uint64_t> HeldAlerts::HolderOf(Fingerprint alert) const {
  auto at = holder_.find(alert);
  return at == holder_.end() ? std::nullopt : std::optional(at->second);
}

AlertState HeldAlerts::StateIn(const Ticket& ticket, Fingerprint alert) {
  auto place = Place(ticket.alerts, alert);
  if (IsAt(ticket.alerts, place, alert)) return place->state;
  auto ref = Place(ticket.more_alerts, alert);
  FW_CHECK(IsAt(ticket.more_alerts, ref, alert));
  return ref->state;
}

uint64_t HeldAlerts::FiringIn(uint64_t ticket) const {
  auto at = firing_.find(ticket);
  return at == firing_.end() ? 0 : at->second;
}

}  // namespace forewarn
