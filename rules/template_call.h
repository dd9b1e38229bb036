#pragma once

#include <vector>

#include "base/status.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// What a function makes of its arguments. Their types are looked at again, since not all are known when a
// template is compiled. `and` and `or` are not called: they need not evaluate all arguments.
StatusOr<Value> Call(const Term& call, std::vector<Value> arguments, const Facts& facts);

}  // namespace forewarn::templates
