#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"
#include "model/incident.h"
#include "notifier/draft.h"
#include "notifier/router.h"
#include "notifier/silences.h"

namespace forewarn {

// What a silence stopped is made up for when the silence ends, with a new notification of how things are
// then:
//   a beginning   when the ticket is still open with firing alerts, to each receiver that has not heard of
//                 it otherwise. What was over by then was of no interest to anybody.
//   an end        when the ticket is still over, to each receiver that has heard nothing since: who was told
//                 of the beginning waits for it. (Nobody else is told of an end at all.)
// Until then the stopped one's `next_attempt_at` says when to look.

// What a silence stopped is looked at again after this long when its ticket is open but nothing of it is
// firing: what is unknown may prove to go on.
inline constexpr Duration kLookAgain = 5min;

// The ticket of a number, as it is after the incident steps; null when there is none.
using FindTicket = std::function<const Ticket*(uint64_t number)>;

// Looks at what is due, and at all of `customer` when it is not empty: a person has ended a silence of
// theirs.
void MakeUpForSilences(const std::string& customer, const FindTicket& find_ticket,
                       const Router& router, const Silences& silences, Draft& draft);

// A receiver was stopped before and has been again, by a silence that ends at `at`: his newest stopped
// notification of the ticket is looked at then, if that is earlier.
void LookEarlier(uint64_t ticket, const std::string& receiver, Timestamp at, Draft& draft);

}  // namespace forewarn
