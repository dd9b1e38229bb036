#include "incidents/over_tickets.h"

#include <algorithm>

namespace forewarn {
namespace {

std::optional<Timestamp> OverSince(const Ticket& ticket) {
  if (!ticket.alerts.empty() || !ticket.more_alerts.empty()) return std::nullopt;
  // One that was closed early is over when its problem is.
  if (ticket.state == TicketState::kClosed) return std::max(ticket.closed_at, ticket.resolved_at);
  if (ticket.state == TicketState::kResolved) return ticket.resolved_at;
  return std::nullopt;
}

}  // namespace

void OverTickets::Add(const Ticket& ticket) {
  if (std::optional<Timestamp> since = OverSince(ticket)) tickets_.emplace(*since, ticket.number);
}

void OverTickets::Remove(const Ticket& ticket) {
  if (std::optional<Timestamp> since = OverSince(ticket)) tickets_.erase({*since, ticket.number});
}

std::optional<OverTickets::Over> OverTickets::First(uint64_t spared) const {
  for (const auto& [since, number] : tickets_) {
    if (number != spared) return Over{since, number};
  }
  return std::nullopt;
}

}  // namespace forewarn
