#pragma once

#include "base/time.h"
#include "rules/rule_set.h"

namespace forewarn {

// The intervals of a group: all of the same length, since 1970.

// Where the interval begins that `at` is in.
Timestamp FloorTo(Timestamp at, Duration interval);

// Whether a rule that runs per round does so at the round that ended at `end`, after one that ended at `before`: unless it
// runs at each, at the first in each of its intervals, which are its group's or longer, so that short rounds do not multiply the work of the general
// evaluator. This follows from the rules and the rounds, never from what is in memory.
bool IsDue(const PreparedGroup& group, const PreparedRule& rule, Timestamp before, Timestamp end);

// How far apart its instants may be at most, with rounds of this length.
Duration StepOf(const PreparedGroup& group, const PreparedRule& rule, Duration round);

}  // namespace forewarn
