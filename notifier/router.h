#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/alert.h"
#include "model/bundle.h"
#include "model/matcher.h"
#include "notifier/silences.h"

namespace forewarn {

// Router says which receivers hear of alerts: those whose routes match one of them by its labels and
// its severity, as far as no silence stops it. Owned by the planner; not thread-safe.
class Router {
 public:
  // What one receiver is told of.
  struct Told {
    std::vector<const Alert*> alerts;  // that are not silenced
    const Silence* silence = nullptr;  // when all are: the one that ends first
  };

  // A loan that outlives it.
  explicit Router(const Silences& silences) : silences_(silences) {}

  // Routes are checked when a bundle is applied; one whose matchers cannot be read matches everything,
  // since too loud is better than silent.
  void SetRoutes(const std::vector<Route>& routes);

  // The receivers of `alerts` at `at`, by id.
  std::map<std::string, Told> Follow(Audience audience, const std::vector<const Alert*>& alerts,
                                     Timestamp at) const;

 private:
  struct ParsedRoute {
    Route route;
    Matchers matchers;
  };

  const Silences& silences_;
  std::vector<ParsedRoute> routes_;
};

}  // namespace forewarn
