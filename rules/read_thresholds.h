#pragma once

#include <span>
#include <vector>

#include "rules/promql/promql.h"
#include "rules/recorded_names.h"
#include "rules/rule_reader.h"
#include "rules/thresholds.h"

namespace forewarn {

// Reads the `thresholds:` and `overrides:` of a rule, which are among `fields` or not, and puts the
// numbers into its expression. `expr` is where that was written. A rule that reads a threshold without having any
// must mean a series; when rules are checked, one that `names` know of, or with `may_be_sent` one that is sent.
void ReadThresholds(std::span<const RuleField> fields, const RuleField& expr,
                    promql::Expression& expression, std::vector<ThresholdOverride>& overrides,
                    bool may_be_sent, RuleReader& reader, RecordedNames& names);

}  // namespace forewarn
