#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/bundle.h"

namespace forewarn {

// Which customers a rule is for, by the labels that they have in customers.yaml:
//   customers: {plan: gold, product: [mill, press]}
// One of the values of each label must be the customer's. Without labels it is for everybody.
struct CustomerSelector {
  std::map<std::string, std::vector<std::string>> labels;

  bool empty() const { return labels.empty(); }
  bool Matches(const Customer& customer) const;
};

// What is wrong with a label and value of a selector, seen from the customers there are: nobody has
// it. Empty: nothing.
std::string WhyNobody(const std::vector<Customer>& customers, const std::string& label,
                      const std::string& value);

}  // namespace forewarn
