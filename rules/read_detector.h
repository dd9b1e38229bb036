#pragma once

#include <optional>

#include "rules/recorded_names.h"
#include "rules/rule_file.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {

// Reads one item of `detectors:`; nothing when something is wrong with it, which `reader` then knows.
// What it records is added to `names`.
std::optional<DetectorSpec> ReadDetector(const RuleYaml& node, RuleReader& reader,
                                         RecordedNames& names);

}  // namespace forewarn
