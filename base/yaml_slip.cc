#include "base/yaml_slip.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace forewarn {
namespace {

// The line of this number, without its end; empty when there is none.
std::string_view LineOf(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Where the value of a line begins, behind the dashes of lists and the key: `- summary: value`.
size_t ValueBegin(std::string_view line) {
  size_t begin = line.find_first_not_of(' ');
  while (begin < line.size() && line.substr(begin).starts_with("- ")) {
    begin = line.find_first_not_of(' ', begin + 2);
  }
  if (begin >= line.size()) return line.size();
  const size_t colon = line.find(": ", begin);
  const std::string_view key = line.substr(begin, colon - begin);
  const bool is_key =
      colon != std::string_view::npos && key.find_first_of("\"'`{[@% ") == std::string_view::npos;
  if (!is_key) return begin;
  return std::min(line.find_first_not_of(' ', colon + 1), line.size());
}

// Where the quote stands that closes the text which begins with one; npos when it goes on.
size_t ClosingQuote(std::string_view value) {
  const char quote = value.front();
  for (size_t i = 1; i < value.size(); ++i) {
    if (quote == '"' && value[i] == '\\') {
      ++i;
    } else if (value[i] == quote) {
      if (quote == '"' || !value.substr(i + 1).starts_with('\'')) return i;
      ++i;  // '' is one of the text
    }
  }
  return std::string_view::npos;
}

// What is wrong with a value, and at which of its bytes.
std::optional<std::pair<size_t, std::string>> FindIn(std::string_view value) {
  if (value.starts_with("{{")) {
    return {{0, "a text that begins with {{ must be in quotes: '{{ … }}'"}};
  }
  if (value.empty()) return std::nullopt;
  if (std::string_view("@%`").find(value.front()) != std::string_view::npos) {
    return {{0, fmt::format("a text that begins with {} must be in quotes", value.front())}};
  }
  if (value.front() != '"' && value.front() != '\'') return std::nullopt;
  const size_t quote = ClosingQuote(value);
  if (quote == std::string_view::npos) return std::nullopt;
  const size_t next = value.find_first_not_of(" \t", quote + 1);
  const bool goes_on = next != std::string_view::npos &&
                       std::string_view("#,:]}").find(value[next]) == std::string_view::npos;
  if (!goes_on) return std::nullopt;
  return {
      {quote,
       value.front() == '"'
           ? "the quoted text ends here, and the line goes on; write \\\" for a \" inside, or put "
             "' "
             "around the whole text"
           : "the quoted text ends here, and the line goes on; write '' for a ' inside, or put \" "
             "around the whole text"}};
}

int CountCharacters(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::optional<YamlSlip> FindYamlSlip(std::string_view yaml, int line) {
  for (const int at : {line, line - 1}) {
    if (at < 1) continue;
    const std::string_view text = LineOf(yaml, at);
    const size_t begin = ValueBegin(text);
    auto found = FindIn(text.substr(begin));
    if (!found) continue;
    return YamlSlip{at, 1 + CountCharacters(text.substr(0, begin + found->first)),
                    std::move(found->second)};
  }
  return std::nullopt;
}

}  // namespace forewarn
