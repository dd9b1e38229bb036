#include "rules/catch_up.h"

#include <algorithm>
#include <utility>

#include "rules/alert_state.h"

namespace forewarn {
namespace {

// Whether those who were told of `planned` would be told something new by `latest`.
bool IsNews(const std::optional<Alert>& planned, const Alert& latest, Timestamp at) {
  if (!planned) return !IsOver(latest);
  if (latest.state == AlertState::kFiring &&
      IsPredictionNews(planned->predicted_breach, latest.predicted_breach, at)) {
    return true;
  }
  return planned->state != latest.state || planned->unknown_reason != latest.unknown_reason ||
         planned->active_since != latest.active_since;
}

}  // namespace

void CatchUp::Pass(AlertChange& change, const std::optional<Alert>& before, Timestamp arrival) {
  if (!active_) return;
  change.plan = false;
  auto it = std::ranges::lower_bound(held_, change.alert.id, {},
                                     [](const Held& held) { return held.latest.id; });
  if (it == held_.end() || it->latest.id != change.alert.id) {
    it = held_.insert(it, Held{before, change.alert, change.at});
  }
  it->latest = change.alert;
  it->at = change.at;
  if (!due_) due_ = arrival + kPatience;
}

std::vector<AlertChange> CatchUp::TakeNet() {
  std::vector<AlertChange> net;
  for (Held& held : held_) {
    if (!IsNews(held.planned, held.latest, held.at)) continue;
    std::optional<AlertState> before;
    if (held.planned) before = held.planned->state;
    // It fired and then its data stopped: whoever is to know that it is unknown must first know of
    // it.
    bool was_told = before && *before != AlertState::kPending;
    if (held.latest.state == AlertState::kUnknown && !was_told) {
      Alert firing = held.latest;
      firing.state = AlertState::kFiring;
      firing.unknown_reason = UnknownReason::kNone;
      net.push_back({before, std::move(firing), held.at, true, true});
      before = AlertState::kFiring;
    }
    net.push_back({before, std::move(held.latest), held.at, true, true});
  }
  held_.clear();
  due_.reset();
  return net;
}

std::vector<AlertChange> CatchUp::End() {
  active_ = false;
  return TakeNet();
}

}  // namespace forewarn
