#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn::promql {

// An error in a text, at a byte offset, in the form that people read:
//   1:7: unknown function 'rat'; did you mean 'rate'?
//     sum + rat(x[5m])
//           ^
// Lines and columns start at 1; a column is a character, not a byte.
Status ErrorAt(std::string_view text, size_t offset, std::string_view message);

// The byte at which a line and a column of a text begin; its end when it has no such place.
size_t OffsetAt(std::string_view text, int line, int column);

// `; did you mean 'rate'?` for the candidate nearest to `word`, or nothing when none is near.
std::string Suggest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace forewarn::promql
