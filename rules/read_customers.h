#pragma once

#include <string>

#include "rules/customer_selector.h"
#include "rules/rule_reader.h"

namespace forewarn {

// Reads for whom a rule is, or a number in it: by the labels of customers, or by an id. Where the
// reader's checks know the customers, who is not among them is a mistake.
CustomerSelector ReadCustomers(const RuleField& field, RuleReader& reader);
std::string ReadCustomerId(const RuleField& field, RuleReader& reader);

}  // namespace forewarn
