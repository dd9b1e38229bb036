#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/telemetry.h"
#include "rules/recorded_names.h"
#include "rules/rule_file.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {

// Reads one item of a group's `rules:`; nothing when something is wrong with it, which `reader` then
// knows. What it records, and expects to be recorded, is added to `names`.
std::optional<Rule> ReadRule(const RuleYaml& node, const Attributes& group_labels,
                             RuleReader& reader, RecordedNames& names);

// Reads the `labels:` of a group, sorted by name.
Attributes ReadGroupLabels(const RuleField& field, RuleReader& reader);

}  // namespace forewarn
