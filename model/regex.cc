#include "model/regex.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <string_view>

namespace forewarn {
namespace {

constexpr int kMaxProgram = 50'000;
// For the program and for RE2's cache of states. Beyond it RE2 becomes slower, not wrong.
constexpr int64_t kMaxMemory = 4 << 20;

// RE2's name for any byte, which is no name of Go's: what it takes may be a part of a character.
bool HasAnyByte(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    if (pattern[++i] == 'C') return true;
  }
  return false;
}

}  // namespace

StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(const std::string& pattern) {
  const std::string_view shown = std::string_view(pattern).substr(0, 100);
  if (pattern.size() > kMaxRegexBytes) {
    return InvalidArgument(
        fmt::format("the regular expression '{}…' is longer than {} bytes", shown, kMaxRegexBytes));
  }
  if (HasAnyByte(pattern)) {
    return InvalidArgument(
        fmt::format("the regular expression '{}' is bad: invalid escape sequence: \\C", shown));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto regex = std::make_shared<const RE2>(pattern, options);
  if (!regex->ok()) {
    return InvalidArgument(
        fmt::format("the regular expression '{}' is bad: {}", shown, regex->error()));
  }
  if (regex->ProgramSize() > kMaxProgram) {
    return InvalidArgument(
        fmt::format("the regular expression '{}' compiles to {} steps, more than {}", shown,
                    regex->ProgramSize(), kMaxProgram));
  }
  return regex;
}

}  // namespace forewarn
