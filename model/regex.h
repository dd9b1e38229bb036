#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"

namespace re2 {
class RE2;
}

namespace forewarn {

inline constexpr size_t kMaxRegexBytes = 64 << 10;

// Compiles a regular expression (RE2) that somebody else wrote, within bounds of memory. Fails with
// RE2's reason for a bad one, and for one that is longer than kMaxRegexBytes or compiles to more than
// 50 000 steps. What it gives is thread-safe.
StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(const std::string& pattern);

}  // namespace forewarn
