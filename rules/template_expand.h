#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// What one expansion may do: terms and pieces, each turn of a loop again.
inline constexpr int64_t kMaxSteps = 100'000;
// Templates that call one another.
inline constexpr int kMaxCalls = 20;

// Appends what the template comes to. Fails where a value is not what a function needs and for what a
// query fails of, and for texts of more than kMaxText and expansions of more than kMaxSteps.
Status ExpandInto(const Tree& tree, const Facts& facts, std::string& out);

}  // namespace forewarn::templates
