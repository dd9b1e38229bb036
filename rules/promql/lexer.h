#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "rules/promql/token.h"

namespace forewarn::promql {

// The longest expression that is read at all.
inline constexpr size_t kMaxExpressionBytes = 64 * 1024;

// Splits an expression into its words, the last of which is kEnd; comments (`# …`) and white space
// go. Fails with kInvalidArgument at the first thing that is no word of PromQL.
StatusOr<std::vector<Token>> Tokenize(std::string_view text);

}  // namespace forewarn::promql
