#pragma once

#include <string_view>

#include "base/status.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// Reads a template and checks its types on the way, so that the first error has its place.
StatusOr<Tree> ParseTree(std::string_view text);

}  // namespace forewarn::templates
