#include "notifier/router.h"

#include <algorithm>
#include <utility>

#include "model/incident.h"

namespace forewarn {

void Router::SetRoutes(const std::vector<Route>& routes) {
  routes_.clear();
  for (const Route& route : routes) {
    StatusOr<Matchers> matchers = ParseMatchers(route.matchers);
    routes_.push_back({route, matchers.ok() ? *std::move(matchers) : Matchers{}});
  }
}

std::map<std::string, Router::Told> Router::Follow(Audience audience,
                                                   const std::vector<const Alert*>& alerts,
                                                   Timestamp at) const {
  std::map<std::string, Told> told;
  for (const ParsedRoute& route : routes_) {
    if (route.route.audience != audience) continue;
    for (const Alert* alert : alerts) {
      if (SeverityOf(*alert) < route.route.severity_min) continue;
      if (!MatchesAll(route.matchers, alert->labels)) continue;
      const Silence* silence = silences_.Stopping(*alert, at);
      for (const std::string& receiver : route.route.receivers) {
        Told& to = told[receiver];
        if (silence == nullptr) {
          bool is_new = std::find(to.alerts.begin(), to.alerts.end(), alert) == to.alerts.end();
          if (is_new) to.alerts.push_back(alert);
          to.silence = nullptr;
        } else if (to.alerts.empty() && (to.silence == nullptr || silence->to < to.silence->to)) {
          to.silence = silence;
        }
      }
    }
  }
  return told;
}

}  // namespace forewarn
