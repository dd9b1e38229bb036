#pragma once

#include <string_view>

#include "base/status.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// Checks the count and the types of a call's arguments, sets its type, and takes the format of a
// printf out of its arguments. Errors have their place in `text`, the whole template.
Status CheckCall(std::string_view text, std::string_view name, Term& call);

}  // namespace forewarn::templates
