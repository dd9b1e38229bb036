#include "rules/external_facts.h"

#include <algorithm>

namespace forewarn {
namespace {

bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The word that the text begins with.
std::string_view WordOf(std::string_view text) {
  return text.substr(0, std::ranges::find_if_not(text, IsWordCharacter) - text.begin());
}

// `before` is what stands in front: `.ExternalLabels` of something is a field of that.
bool EndsAValue(char before) { return IsWordCharacter(before) || before == ')' || before == '.'; }

// The length of what the rest of an action begins with, a quoted text or a comment; 0: neither.
size_t SkippedLength(std::string_view rest) {
  if (rest.starts_with("/*")) return std::min(rest.find("*/", 2), rest.size() - 2) + 2;
  const char quote = rest.front();
  if (quote != '"' && quote != '`' && quote != '\'') return 0;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && quote != '`') {
      ++i;
    } else if (rest[i] == quote) {
      return i + 1;
    }
  }
  return rest.size();
}

}  // namespace

std::string WithExternalFacts(std::string_view text, const Labels& labels, std::string_view url) {
  std::string out;
  bool is_action = false;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (!is_action || rest.starts_with("}}")) {
      const std::string_view brace = is_action ? "}}" : "{{";
      const bool is_turn = rest.starts_with(brace);
      const size_t length = is_turn ? brace.size() : 1;
      out += rest.substr(0, length);
      at += length;
      if (is_turn) is_action = !is_action;
      continue;
    }
    if (const size_t length = SkippedLength(rest); length > 0) {
      out += rest.substr(0, length);
      at += length;
      continue;
    }
    const bool is_field = rest.front() == '.' && (at == 0 || !EndsAValue(text[at - 1]));
    if (rest.front() == '$' || is_field) {
      const std::string_view word = WordOf(rest.substr(1));
      const size_t end = 1 + word.size();
      if (word == (is_field ? "ExternalURL" : "externalURL")) {
        out += QuoteLabelValue(url);
        at += end;
        continue;
      }
      if (word == (is_field ? "ExternalLabels" : "externalLabels") &&
          rest.substr(end).starts_with('.')) {
        const std::string_view name = WordOf(rest.substr(end + 1));
        out += QuoteLabelValue(labels.Get(name));
        at += end + 1 + name.size();
        continue;
      }
    }
    out += rest.front();
    ++at;
  }
  return out;
}

}  // namespace forewarn
