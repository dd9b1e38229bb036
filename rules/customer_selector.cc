#include "rules/customer_selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "rules/promql/position.h"

namespace forewarn {

bool CustomerSelector::Matches(const Customer& customer) const {
  return std::ranges::all_of(labels, [&](const auto& label) {
    return std::ranges::find(label.second, customer.labels.Get(label.first)) != label.second.end();
  });
}

std::string WhyNobody(const std::vector<Customer>& customers, const std::string& label,
                      const std::string& value) {
  std::set<std::string_view> names;
  std::set<std::string_view> values;
  for (const Customer& customer : customers) {
    for (const auto& [name, text] : customer.labels) {
      names.insert(name);
      if (name == label) values.insert(text);
    }
  }
  auto suggest = [](std::string_view word, const std::set<std::string_view>& known) {
    std::vector<std::string_view> candidates(known.begin(), known.end());
    return promql::Suggest(word, candidates);
  };
  if (!names.contains(label)) {
    return fmt::format("no customer has a label '{}' in customers.yaml{}", label,
                       suggest(label, names));
  }
  if (values.contains(value)) return "";
  return fmt::format("no customer has {} '{}' in customers.yaml{}", label, value,
                     suggest(value, values));
}

}  // namespace forewarn
