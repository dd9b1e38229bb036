#include "rules/rule_index.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace forewarn {
RuleIndex::RuleIndex(const std::vector<PreparedGroup>& groups) {
  std::map<std::string, size_t> places;  // in entries_, by the selector's text
  for (const PreparedGroup& group : groups) {
    for (const PreparedRule& rule : group.rules) {
      std::optional<std::vector<Matchers>> needs = rule.rule.expression.Needs();
      if (!needs) {
        unconditional_.push_back(rule.number);
        continue;
      }
      for (Matchers& selector : *needs) {
        auto [at, is_new] = places.emplace(DescribeSelector(selector), entries_.size());
        if (is_new) {
          const std::string metric(MetricOf(selector));
          (metric.empty() ? of_any_metric_ : by_metric_[metric]).push_back(entries_.size());
          entries_.push_back({std::move(selector), {}});
        }
        std::vector<size_t>& rules = entries_[at->second].rules;
        if (rules.empty() || rules.back() != rule.number) rules.push_back(rule.number);
      }
    }
  }
}

}  // namespace forewarn
