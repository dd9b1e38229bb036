#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forewarn {

// Text of people and programs is UTF-8 everywhere: in protobuf, in YAML, in JSON and in mail. What comes
// from outside is checked here before it travels.

// The length of the well-formed character at the front of `text`; 0 when there is none. Overlong forms,
// surrogates and what lies beyond U+10FFFF are not well-formed.
size_t Utf8Length(std::string_view text);

// How many bytes at the front of `text` are well-formed: all of them when it is UTF-8.
size_t Utf8Prefix(std::string_view text);

// Whether every byte is below 128.
bool IsAscii(std::string_view text);

// The text with each byte that is no part of a well-formed character replaced by U+FFFD: foreign text goes
// into messages that take nothing else.
std::string ValidUtf8(std::string_view text);

// The first byte of a file that no text has: not UTF-8, or a control character other than line ends and
// tabs.
struct BadText {
  int line = 1;  // both from 1; columns count characters
  int column = 1;
  std::string what;  // with the remedy
};
std::optional<BadText> FindBadText(std::string_view text);
// The same for bytes that are not UTF-8 alone.
std::optional<BadText> FindBadUtf8(std::string_view text);

}  // namespace forewarn
