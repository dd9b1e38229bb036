#include "rules/prepared_rules.h"

#include <utility>

#include "base/check.h"

namespace forewarn {

PreparedRules::PreparedRules(const Bundle& bundle) {
  RuleFiles files = ParseRuleFiles(bundle.rule_files);
  if (!files.mistakes.empty()) {
    mistakes = std::move(files.mistakes);
    return;
  }
  groups = PrepareRules(std::move(files.groups), files.detectors);
  SelectCustomers(bundle.customers, groups);
  PlanRules(groups, files.detectors);
  detectors = std::move(files.detectors);
  for (const PreparedGroup& group : groups) {
    for (const PreparedRule& rule : group.rules) {
      FW_CHECK(rule.number == by_number.size());
      by_key.emplace(rule.key, rule.number);
      by_number.push_back({&group, &rule});
    }
  }
  index = RuleIndex(groups);
  live = LiveTable(groups);
}

}  // namespace forewarn
