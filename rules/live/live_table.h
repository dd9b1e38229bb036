#pragma once

#include <cstddef>
#include <vector>

#include "model/matcher.h"
#include "rules/rule_set.h"

namespace forewarn {

// The selectors that rules with a plan need, each once. Immutable once it is made.
struct LiveTable {
  std::vector<Matchers> wanted;                // by the number of the selector
  std::vector<std::vector<size_t>> selectors;  // of each rule, by its number: its plan's

  LiveTable() = default;
  explicit LiveTable(const std::vector<PreparedGroup>& groups);
};

}  // namespace forewarn
