#pragma once

#include <optional>

#include "base/time.h"
#include "model/alert.h"

namespace forewarn {

// The life of one alert, as pure steps. Silence is not recovery: an alert resolves only when its
// expression was evaluated on data that proves it; data that is missing makes it unknown.
//
//             kTrue                  kFalse                 kGone            kUnproven
//   pending   firing after `for`     resolved               ended            ended
//   firing    firing                 resolved, after        unknown (gone)   unknown (contact)
//                                    `keep_firing_for`
//   unknown   firing, old start      as from firing         unknown (gone),  unknown
//                                                           ended after 1 h
//
// kNoNews leaves all of them as they are: a result that vanished because time passed, and not
// because something was measured, proves nothing.
//
// Times are event times, and those of one alert never go back.

// What one evaluation says about one alert.
enum class Outcome {
  kTrue,      // the expression has this result
  kFalse,     // it has not, and the series the result rested on still have data
  kGone,      // it has not, and those series are gone: nobody can say
  kUnproven,  // it has not, but a probe whose data it rested on is silent: nobody can say
  kNoNews,    // it has not, but nothing was measured since it had: nobody can say yet
};

struct AlertTimes {
  Duration hold_for{0};
  Duration keep_firing_for{0};
  // A pending alert that was not seen true for longer than this begins again: whether the condition
  // held in between is not known.
  Duration unseen_max = 5min;
};

// How long an alert whose series are gone stays unknown before it ends.
inline constexpr Duration kGoneFor = 1h;

// An alert and what only its state machine needs.
struct AlertLife {
  Alert alert;
  std::optional<Timestamp> gone_since;   // while unknown (gone)
  std::optional<Timestamp> told_breach;  // the prediction at its last step
};

// Begins the life of an alert whose expression has become true: pending, or firing when `for` is
// zero.
void StartAlert(AlertLife& life, Timestamp at, const AlertTimes& times);

// Takes what the evaluation at `at` says. Returns whether that is a step of its life (another
// state, reason or start, or while firing a prediction that is news), as opposed to more of the
// same. Not for resolved or ended alerts.
bool AdvanceAlert(AlertLife& life, Outcome outcome, Timestamp at, const AlertTimes& times);

// The probes it rests on fell silent. A firing alert becomes unknown; returns whether it did.
bool LoseContact(AlertLife& life, Timestamp at);

// The rule or the probes are no more. Always a step; not for resolved or ended alerts.
void EndAlert(AlertLife& life, Timestamp at);

// Whether the life is over.
bool IsOver(const Alert& alert);

}  // namespace forewarn
