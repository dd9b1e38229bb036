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

// The number that `text` spells, with all of it used: decimal, hexadecimal integer (`0x1F`), octal
// integer
// (`017`, as in Prometheus), or Inf and NaN in any case.
StatusOr<double> ParseNumber(std::string_view text);

// As Go's strconv writes a float: the shortest digits that read back the same. `FormatValue` takes
// an exponent when that is shorter; `FormatPlain` never does. Infinities are `+Inf` and `-Inf`.
std::string FormatValue(double value);
std::string FormatPlain(double value);

}  // namespace forewarn::promql
