#pragma once

#include <string>
#include <vector>

#include "rules/rule_file.h"

namespace forewarn {

// Rules that read what another rule writes too seldom for them: at some of their instants it is older than they look
// back, five minutes or the range of the selector, and is not found. Such an alert comes and goes, or never fires.
//
// One sentence for each rule and selector, in the order of the files, which names the file, group and rule, who writes
// what it reads, and the remedy. These are no mistakes: a rule may mean to see its source now and then. What looks at a
// fixed time (`@`) and subqueries are not judged. `files` have no mistakes.
std::vector<std::string> FindStaleReads(RuleFiles files);

}  // namespace forewarn
