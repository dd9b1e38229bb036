#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/promql/promql.h"

namespace forewarn::promql {

// Why an expression fails whenever it is evaluated over data, whatever that is.
struct Flaw {
  size_t begin = 0;  // where, in bytes of the text that it was read from
  std::string message;
};

// All flaws of the expression of a rule, from left to right. The language allows them, so they are not Parse()'s: a
// label that cannot be one, or a bad regular expression, in label_replace, label_join or count_values; factors
// of holt_winters that are out of bounds; a result that is neither a vector nor a scalar.
std::vector<Flaw> FindFlaws(const Expression& expression);

}  // namespace forewarn::promql
