#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace forewarn {

// One of the commonest slips in YAML, of which the parser says nothing that helps. Line and column count from 1.
struct YamlSlip {
  int line = 1;
  int column = 1;    // in characters
  std::string what;  // with the remedy
};

// Looks for it where the parser gave up, on the line (from 1) or the one before: a text that begins with {{, @, % or `
// without quotes, and a quoted text that ends before its line does. Nothing when it is another.
std::optional<YamlSlip> FindYamlSlip(std::string_view yaml, int line);

}  // namespace forewarn
