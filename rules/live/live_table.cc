#include "rules/live/live_table.h"

#include <algorithm>
#include <map>
#include <string>

namespace forewarn {

LiveTable::LiveTable(const std::vector<PreparedGroup>& groups) {
  std::map<std::string, size_t> numbers;  // of selectors, by their text
  for (const PreparedGroup& group : groups) {
    for (const PreparedRule& rule : group.rules) {
      selectors.resize(std::max(selectors.size(), rule.number + 1));
      if (rule.plan == nullptr) continue;
      for (const LivePlan::Selector& selector : rule.plan->selectors) {
        auto [number, is_new] = numbers.emplace(selector.text, wanted.size());
        if (is_new) wanted.push_back(selector.matchers);
        selectors[rule.number].push_back(number->second);
      }
    }
  }
}

}  // namespace forewarn
