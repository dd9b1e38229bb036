#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"
#include "model/incident.h"
#include "notifier/draft.h"
#include "notifier/router.h"

namespace forewarn {

// What a silence stopped is made up for when the silence ends and the ticket is still open with firing
// alerts: with a new notification, of how things are then, to each receiver that has not heard of it
// otherwise. Until then the stopped one's `next_attempt_at` says when to look.

// What a silence stopped is looked at again after this long when its ticket is open but nothing of it is
// firing: what is unknown may prove to go on.
inline constexpr Duration kLookAgain = 5min;

// The ticket of a number, as it is after the incident steps; null when there is none.
using FindTicket = std::function<const Ticket*(uint64_t number)>;

// Looks at what is due, and at all of `customer` when it is not empty: a person has ended a silence of
// theirs.
void MakeUpForSilences(const std::string& customer, const FindTicket& find_ticket,
                       const Router& router, Draft& draft);

// A receiver was stopped before and has been again, by a silence that ends at `at`: his newest stopped
// notification of the ticket is looked at then, if that is earlier.
void LookEarlier(uint64_t ticket, const std::string& receiver, Timestamp at, Draft& draft);

}  // namespace forewarn
