#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "rules/promql/position.h"
#include "rules/template_value.h"

namespace forewarn::templates {

// A place in a template that moves on while it is read.
struct Cursor {
  std::string_view text;
  size_t at = 0;
  size_t action = 0;  // where the action being read starts
  int depth = 0;      // of what is being read

  static constexpr int kMaxDepth = 50;
  // In one pipeline, and behind one another: each is a level of the tree, too.
  static constexpr int kMaxPipes = 20;
  static constexpr int kMaxFields = 10;

  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  bool AtEnd() const { return at >= text.size(); }
  bool At(std::string_view word) const { return text.substr(at).starts_with(word); }
  char Peek(size_t further = 0) const {
    return at + further < text.size() ? text[at + further] : '\0';
  }
  void SkipSpaces() {
    while (IsSpace(Peek())) ++at;
  }
  // Letters, digits and underscores from here on.
  std::string_view PeekWord() const {
    size_t end = at;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    return text.substr(at, end - at);
  }
  static bool StartsName(char c) { return c == '_' || (Lower(c) >= 'a' && Lower(c) <= 'z'); }

  Status Error(size_t where, std::string_view message) const {
    return promql::ErrorAt(text, where, message);
  }
};

}  // namespace forewarn::templates
