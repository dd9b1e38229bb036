#pragma once

#include <string>

#include "base/status.h"
#include "collector/desk.h"
#include "collector/query_api/parameters.h"

namespace forewarn {

// The rules with their alerts, and the alerts alone, as Prometheus' /api/v1/rules and /api/v1/alerts
// tell them: of one customer, or of everybody when `customer` is empty. An alert of which nobody knows
// whether it goes on, since its data stopped, keeps the state that it had. Rules are evaluated as data
// comes, so there is no time of the last evaluation and none that it took: they are zero. How a rule is is
// told to who may read everybody, since its errors name series; to others it is unknown. Of the
// parameters `type`, `rule_name[]`, `rule_group[]` and `file[]` choose.
StatusOr<std::string> RulesJson(const Desk& desk, const std::string& customer,
                                const Parameters& parameters);
StatusOr<std::string> AlertsJson(const Desk& desk, const std::string& customer);

}  // namespace forewarn
