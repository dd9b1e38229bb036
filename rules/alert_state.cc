#include "rules/alert_state.h"

#include "base/check.h"

namespace forewarn {
namespace {

void SetUnknown(AlertLife& life, UnknownReason reason, Timestamp at) {
  life.alert.state = AlertState::kUnknown;
  life.alert.unknown_reason = reason;
  life.gone_since.reset();
  if (reason == UnknownReason::kSeriesGone) life.gone_since = at;
}

void SetFiring(AlertLife& life) {
  life.alert.state = AlertState::kFiring;
  life.alert.unknown_reason = UnknownReason::kNone;
  life.gone_since.reset();
}

void Finish(AlertLife& life, AlertState state, Timestamp at) {
  life.alert.state = state;
  life.alert.unknown_reason = UnknownReason::kNone;
  life.alert.held_until.reset();
  life.alert.ended_at = at;
  life.gone_since.reset();
}

void FireIfHeldLongEnough(Alert& alert, Timestamp at, const AlertTimes& times) {
  if (at - alert.active_since < times.hold_for) return;
  alert.state = AlertState::kFiring;
  alert.fired_at = at;
}

void AdvancePending(AlertLife& life, Outcome outcome, Timestamp at, const AlertTimes& times) {
  Alert& alert = life.alert;
  switch (outcome) {
    case Outcome::kTrue:
      if (at - alert.last_true > times.unseen_max) alert.active_since = at;
      alert.last_true = at;
      FireIfHeldLongEnough(alert, at, times);
      return;
    case Outcome::kFalse: Finish(life, AlertState::kResolved, at); return;
    case Outcome::kNoNews: return;
    case Outcome::kGone:
    case Outcome::kUnproven:
      // Nobody was told of it, so there is nothing to keep open.
      Finish(life, AlertState::kEnded, at);
      return;
  }
}

void AdvanceActive(AlertLife& life, Outcome outcome, Timestamp at, const AlertTimes& times) {
  Alert& alert = life.alert;
  switch (outcome) {
    case Outcome::kTrue:
      alert.last_true = at;
      alert.held_until.reset();
      SetFiring(life);
      return;
    case Outcome::kFalse:
      if (!alert.held_until) alert.held_until = at + times.keep_firing_for;
      if (at >= *alert.held_until) {
        Finish(life, AlertState::kResolved, at);
      } else {
        SetFiring(life);
      }
      return;
    case Outcome::kNoNews: return;
    case Outcome::kGone:
      if (!life.gone_since) {
        SetUnknown(life, UnknownReason::kSeriesGone, at);
      } else if (at - *life.gone_since >= kGoneFor) {
        Finish(life, AlertState::kEnded, at);
      }
      return;
    case Outcome::kUnproven:
      if (alert.state == AlertState::kFiring) SetUnknown(life, UnknownReason::kContactLost, at);
      return;
  }
}

}  // namespace

void StartAlert(AlertLife& life, Timestamp at, const AlertTimes& times) {
  life.alert.state = AlertState::kPending;
  life.alert.active_since = at;
  life.alert.last_true = at;
  FireIfHeldLongEnough(life.alert, at, times);
  life.told_breach = life.alert.predicted_breach;
}

bool AdvanceAlert(AlertLife& life, Outcome outcome, Timestamp at, const AlertTimes& times) {
  FW_CHECK(!IsOver(life.alert));
  AlertState state = life.alert.state;
  UnknownReason reason = life.alert.unknown_reason;
  Timestamp start = life.alert.active_since;
  if (state == AlertState::kPending) {
    AdvancePending(life, outcome, at, times);
  } else {
    AdvanceActive(life, outcome, at, times);
  }
  bool is_step = life.alert.state != state || life.alert.unknown_reason != reason ||
                 life.alert.active_since != start;
  if (!is_step && outcome == Outcome::kTrue && state == AlertState::kFiring) {
    is_step = IsPredictionNews(life.told_breach, life.alert.predicted_breach, at);
  }
  if (is_step) life.told_breach = life.alert.predicted_breach;
  return is_step;
}

bool LoseContact(AlertLife& life, Timestamp at) {
  if (life.alert.state != AlertState::kFiring) return false;
  SetUnknown(life, UnknownReason::kContactLost, at);
  life.told_breach = life.alert.predicted_breach;
  return true;
}

void EndAlert(AlertLife& life, Timestamp at) {
  FW_CHECK(!IsOver(life.alert));
  Finish(life, AlertState::kEnded, at);
}

bool IsOver(const Alert& alert) {
  return alert.state == AlertState::kResolved || alert.state == AlertState::kEnded;
}

}  // namespace forewarn
