#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/telemetry.h"
#include "rules/rule_file.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {

// Where a rule says that another records something.
struct Prediction {
  RuleMistake place;  // its message is empty
  std::string series;
};

// Reads one item of a group's `rules:`; nothing when something is wrong with it, which `reader` then
// knows. What it predicts is added to `predictions`.
std::optional<Rule> ReadRule(const RuleYaml& node, const Attributes& group_labels,
                             RuleReader& reader, std::vector<Prediction>& predictions);

// Reads the `labels:` of a group, sorted by name.
Attributes ReadGroupLabels(const RuleField& field, RuleReader& reader);

}  // namespace forewarn
