#include "incidents/over_tickets.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

Ticket Resolved(uint64_t number, Timestamp at) {
  Ticket ticket;
  ticket.number = number;
  ticket.state = TicketState::kResolved;
  ticket.resolved_at = at;
  return ticket;
}

TEST(OverTickets, KnowsWhichIsOverLongest) {
  OverTickets over;
  EXPECT_FALSE(over.First(0));
  over.Add(Resolved(3, kTimeZero + 2h));
  over.Add(Resolved(2, kTimeZero + 1h));
  over.Add(Resolved(1, kTimeZero + 3h));
  EXPECT_EQ(over.First(0)->number, 2u);
  EXPECT_EQ(over.First(0)->since, kTimeZero + 1h);
  EXPECT_EQ(over.First(2)->number, 3u);
  over.Remove(Resolved(2, kTimeZero + 1h));
  over.Remove(Resolved(3, kTimeZero + 2h));
  EXPECT_FALSE(over.First(1));
}

TEST(OverTickets, ATicketThatIsOpenOrHoldsAnAlertIsNotOver) {
  OverTickets over;
  Ticket ticket = Resolved(1, kTimeZero);
  ticket.state = TicketState::kAcknowledged;
  over.Add(ticket);
  ticket.state = TicketState::kClosed;
  ticket.closed_at = kTimeZero + 5min;
  ticket.alerts.emplace_back();
  over.Add(ticket);
  ticket.alerts.clear();
  ticket.more_alerts.emplace_back();
  over.Add(ticket);
  EXPECT_FALSE(over.First(0));
  ticket.more_alerts.clear();
  over.Add(ticket);
  EXPECT_EQ(over.First(0)->since, kTimeZero + 5min);
  over.Remove(ticket);
  ticket.resolved_at = kTimeZero + 7min;  // its problem went on
  over.Add(ticket);
  EXPECT_EQ(over.First(0)->since, kTimeZero + 7min);
}

}  // namespace
}  // namespace forewarn
