#pragma once

#include <string>

#include "rules/rule_yaml.h"

namespace forewarn {

// Writes YAML that reads as this value does: block style, a text of several lines as such (`|`). Aliases
// are written out and merge keys stay. Keys must be scalars.
std::string WriteYaml(const RuleYaml& root);

}  // namespace forewarn
