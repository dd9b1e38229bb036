#pragma once

#include <map>
#include <vector>

#include "base/fingerprint.h"
#include "model/bundle.h"
#include "rules/detector.h"
#include "rules/live/live_table.h"
#include "rules/rule_file.h"
#include "rules/rule_index.h"
#include "rules/rule_set.h"

namespace forewarn {

// The rules of a bundle as engines run them. They follow from the bundle alone, so one serves all partitions. Immutable;
// thread-safe.
struct PreparedRules {
  PreparedRules() = default;
  explicit PreparedRules(const Bundle& bundle);
  // What is below points to each other.
  PreparedRules(const PreparedRules&) = delete;
  PreparedRules& operator=(const PreparedRules&) = delete;

  struct Place {
    const PreparedGroup* group;
    const PreparedRule* rule;
  };

  std::vector<RuleMistake> mistakes;  // if there are any, there is nothing else
  std::vector<PreparedGroup> groups;
  std::vector<DetectorSpec> detectors;
  std::vector<Place> by_number;
  std::multimap<Fingerprint, size_t> by_key;  // numbers
  RuleIndex index;
  LiveTable live;
};

}  // namespace forewarn
