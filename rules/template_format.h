#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/template_value.h"

namespace forewarn::templates {

// The formats of printf, as in Go.

// One verb of a format: `%-8.2f`.
struct Verb {
  std::string flags;  // of `+- 0`
  int width = 0;
  int precision = -1;
  char letter = 'v';
};

// Literal pieces and verbs, in turns: piece, verb, piece, …, piece.
struct Format {
  std::vector<std::string> pieces;
  std::vector<Verb> verbs;
};

// Nothing for a format that is broken. A width and a precision are at most 100.
std::optional<Format> ParseFormat(std::string_view text);

// Whether a verb of this letter takes a value of this type.
bool Fits(char letter, Type type);

// The value must fit the verb.
std::string FormatVerb(const Verb& verb, const Value& value);

}  // namespace forewarn::templates
