#include "rules/promql/position.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace forewarn::promql {
namespace {

constexpr size_t kShownCharacters = 100;  // of the line, around the error

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return !Continues(c); }));
}

// Edits (insert, delete, replace, swap neighbours) between two short words.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

Status ErrorAt(std::string_view text, size_t offset, std::string_view message) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const size_t line = 1 + static_cast<size_t>(std::ranges::count(before, '\n'));
  const size_t line_begin =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const size_t line_end = std::min(text.find('\n', offset), text.size());
  const size_t column = 1 + CountCharacters(text.substr(line_begin, offset - line_begin));

  // Of a long line, only the neighbourhood; never cut inside a character.
  size_t shown_begin = std::max(line_begin, offset - std::min(offset, kShownCharacters / 2));
  while (shown_begin < offset && Continues(text[shown_begin])) ++shown_begin;
  size_t shown_end = std::min(line_end, shown_begin + kShownCharacters);
  while (shown_end < line_end && Continues(text[shown_end])) ++shown_end;

  std::string shown(text.substr(shown_begin, shown_end - shown_begin));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const size_t indent = CountCharacters(text.substr(shown_begin, offset - shown_begin));
  return InvalidArgument(fmt::format("{}:{}: {}\n  {}\n  {}^", line, column, message, shown,
                                     std::string(indent, ' ')));
}

size_t OffsetAt(std::string_view text, int line, int column) {
  size_t offset = 0;
  for (int at = 1; at < line && offset < text.size(); ++offset) at += text[offset] == '\n';
  for (int at = 1; at < column && offset < text.size(); ++at) {
    do ++offset;
    while (offset < text.size() && Continues(text[offset]));
  }
  return offset;
}

std::string Suggest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 64;  // a longer word is no slip of the finger
  if (word.size() > kLongest) return "";
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  ptrdiff_t best_prefix = -1;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    const size_t distance = Distance(word, candidate);
    // Of two as near, the one that begins alike: slips come late in a word.
    const ptrdiff_t prefix = std::ranges::mismatch(word, candidate).in1 - word.begin();
    if (distance < best || (distance == best && prefix > best_prefix && !found.empty())) {
      best = distance;
      best_prefix = prefix;
      found = candidate;
    }
  }
  return found.empty() ? "" : fmt::format("; did you mean '{}'?", found);
}

}  // namespace forewarn::promql
