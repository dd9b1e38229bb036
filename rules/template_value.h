#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "model/labels.h"

namespace forewarn::templates {

// What the terms of a template are worth, and how Go's text/template prints and judges it.

// Types are known when a template is compiled.
enum class Type { kNumber, kInteger, kText, kBool, kLabels };

// The alternatives stand in the order of Type. Labels are the caller's.
using Value = std::variant<double, int64_t, std::string, bool, const Labels*>;

// As a message names it: `a number`.
std::string_view NameOf(Type type);

// As Go prints a value.
std::string Print(const Value& value);

// What `if`, `and`, `or` and `not` take for true: all but 0, "", false and no labels.
bool IsTrue(const Value& value);

// In quotes, with escapes: printf's %q.
std::string Quote(std::string_view text);

// ASCII alone, as the rest of a text passes unchanged.
constexpr char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

}  // namespace forewarn::templates
