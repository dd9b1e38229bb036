#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace forewarn::bench {

// The value of a header in `head`, the lines of a request or an answer with its \r\n after each; empty when
// it is not there. Names are compared without their case.
std::string_view HeaderOf(std::string_view head, std::string_view name);

// A whole text of digits, in base 10 or 16.
std::optional<size_t> ParseSize(std::string_view text, int base);

}  // namespace forewarn::bench
