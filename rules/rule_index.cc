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
        if (is_new) entries_.push_back({std::move(selector), {}});
        std::vector<size_t>& rules = entries_[at->second].rules;
        if (rules.empty() || rules.back() != rule.number) rules.push_back(rule.number);
      }
    }
  }
  Place();
}

// Of the conditions that a selector has on labels, the one that tells it best from others of its metric is the way to
// it: that which leads, at worst, to the fewest.
void RuleIndex::Place() {
  struct Condition {
    std::string label;
    std::vector<std::string> beginnings;
  };
  std::vector<std::vector<Condition>> conditions(entries_.size());
  std::unordered_map<uint64_t, size_t> counts;  // of entries, by KeyOf()
  for (size_t place = 0; place < entries_.size(); ++place) {
    const Matchers& selector = entries_[place].selector;
    const std::string_view metric = MetricOf(selector);
    for (const Matcher& matcher : selector) {
      if (matcher.name() == kMetricName && !metric.empty()) continue;
      std::vector<std::string> beginnings = matcher.Prefixes();
      if (beginnings.empty() || std::ranges::any_of(beginnings, &std::string::empty)) continue;
      for (const std::string& one : beginnings) ++counts[KeyOf(metric, matcher.name(), one)];
      conditions[place].push_back({matcher.name(), std::move(beginnings)});
    }
  }
  for (size_t place = 0; place < entries_.size(); ++place) {
    const std::string metric(MetricOf(entries_[place].selector));
    Shelf& shelf = by_metric_[metric];
    const auto crowd = [&](const Condition& condition) {
      size_t most = 0;
      for (const std::string& one : condition.beginnings) {
        most = std::max(most, counts[KeyOf(metric, condition.label, one)]);
      }
      return most;
    };
    const auto best = std::ranges::min_element(conditions[place], {}, crowd);
    if (best == conditions[place].end()) {
      shelf.places.push_back(place);
      continue;
    }
    for (const std::string& one : best->beginnings) {
      by_beginning_[KeyOf(metric, best->label, one)].push_back(place);
      shelf.ways.push_back({best->label, one.size()});
    }
  }
  for (auto& [metric, shelf] : by_metric_) {
    std::ranges::sort(shelf.ways);
    shelf.ways.erase(std::unique(shelf.ways.begin(), shelf.ways.end()), shelf.ways.end());
  }
}

}  // namespace forewarn
