#pragma once

#include <string>
#include <vector>

#include "model/bundle.h"
#include "rules/rule_file.h"

namespace forewarn {

// Of a bundle that is good by itself: what it means somebody to be told of, and nobody will be. One
// sentence each, which names the thing, the file and the remedy; empty when there is nothing to say.
// `warnings` are the names of the rules that warn customers.
//
//   - no route for support, or none that reaches anybody
//   - rules that warn customers, and no route for customers
//   - a route to the contacts of customers who have none
//
// These are no mistakes: a bundle may be applied in steps, and an operator may only want to look.
std::vector<std::string> FindUnheard(const Bundle& bundle,
                                     const std::vector<std::string>& warnings);

// The names of the rules that warn customers, each once, in the order of the files.
std::vector<std::string> RulesThatWarn(const RuleFiles& rules);

}  // namespace forewarn
