#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"
#include "model/matcher.h"
#include "rules/rule_set.h"

namespace forewarn {

// The selectors that rules with a plan need, each once. Immutable once it is made.
struct LiveTable {
  // A selector, and how far back of an instant rules need its series.
  struct Wanted {
    Matchers matchers;
    Duration keep{0};
  };
  std::vector<Wanted> wanted;                  // by the number of the selector
  std::vector<std::vector<size_t>> selectors;  // of each rule, by its number: theirs

  LiveTable() = default;
  explicit LiveTable(const std::vector<PreparedGroup>& groups);
};

}  // namespace forewarn
