#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forewarn {

// A place in a file of YAML: line and column count from 1, `offset` counts bytes. A byte order mark at the
// front of the file is no part of the first line, nor counted.
struct TextPlace {
  int line = 1;
  int column = 1;  // in bytes
  size_t offset = 0;
};

// Where the quote stands that opens a scalar of YAML and that nothing closes until `yaml` ends; nothing when
// it is closed or the scalar has no quotes. `scalar` is where the scalar begins, with its anchor or tag.
//
// The YAML parser takes such a file, if its last line ends, and makes one text of all that follows the quote.
std::optional<TextPlace> FindOpenQuote(std::string_view yaml, TextPlace scalar);

// What to say of it, with the remedy.
std::string OpenQuoteMistake(std::string_view yaml, const TextPlace& quote);

}  // namespace forewarn
