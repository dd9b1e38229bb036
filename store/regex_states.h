#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace forewarn {

// What RE2 needs to match a whole text: it makes the states of a deterministic automaton as it comes to them, keeps them
// in memory and is fast, a few nanoseconds a byte, from then on. Most expressions have some tens of states. But some short ones
// have more than any memory (`.*a.{20}` has two million), and for these each byte is a new state, microseconds.
struct RegexStates {
  size_t count = 0;
  size_t bytes = 0;  // of memory, about

  static constexpr size_t kCountMax = 2000;
  static constexpr size_t kBytesMax = 512 << 10;  // of which RE2 has several times as many
};

// The states of a regular expression that RE2 accepts; nothing when they are more than the bounds, or when the expression
// has other things in it than texts, classes of ASCII, groups, alternatives and repetitions. It takes tens of
// milliseconds at most. Depends on the expression alone.
std::optional<RegexStates> CountRegexStates(std::string_view pattern);

}  // namespace forewarn
