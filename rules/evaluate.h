#pragma once

#include <optional>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/series_source.h"
#include "model/telemetry.h"
#include "rules/promql/promql.h"
#include "rules/rule_set.h"

namespace forewarn {

// Labels that every derived series and every alert carries, whatever the expression left: they keep
// customers apart. `probe` is empty on the grid; all are in a unit test, whose labels stay as they are.
struct ScopeLabels {
  std::string customer;
  std::string installation;
  std::string probe;
};

// One result of an alerting rule.
struct AlertResult {
  Labels result;  // the expression's labels without the name
  Labels labels;  // those, the rule's, `alertname` and the scope's
  Attributes annotations;
  double value = 0;
  std::optional<Timestamp> predicted_breach;
};

// One result of a recording rule.
struct DerivedSample {
  Labels labels;
  double value = 0;
};

// Results that an alerting rule may have at once.
inline constexpr size_t kAlertsMax = 10'000;

// What one evaluation of a rule may do, with its texts and with finding out what its alerts rest on.
inline promql::Budget RuleBudget() {
  return promql::Budget(promql::EvalLimits().max_operations, promql::kRuleWeights);
}

// What the rule says at `at` (event time), in the order of labels. `source` is restricted to the
// scope; `known` is what the expression gives, where that is known already. What is done is charged to
// `budget`. Fails, naming no rule: bad evaluation, too many results (of which none is then valid, as in Prometheus), two
// results with the same labels, more to do than the budget has.
StatusOr<std::vector<AlertResult>> EvaluateAlerts(
    const PreparedGroup& group, const PreparedRule& rule, const SeriesSource& source,
    const ScopeLabels& scope, Timestamp at, const promql::EvalLimits& limits,
    promql::Budget& budget, std::optional<promql::Vector> known = {});
StatusOr<std::vector<DerivedSample>> EvaluateRecording(
    const PreparedGroup& group, const PreparedRule& rule, const SeriesSource& source,
    const ScopeLabels& scope, Timestamp at, const promql::EvalLimits& limits,
    promql::Budget& budget, std::optional<promql::Vector> known = {});

}  // namespace forewarn
