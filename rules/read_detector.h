#pragma once

#include <optional>
#include <set>
#include <string>

#include "rules/rule_file.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {

// Reads one item of `detectors:`; nothing when something is wrong with it, which `reader` then knows.
// `names` grows: what the detectors of all files record is unique.
std::optional<DetectorSpec> ReadDetector(const RuleYaml& node, std::set<std::string>& names,
                                         RuleReader& reader);

}  // namespace forewarn
