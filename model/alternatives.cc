#include "model/alternatives.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/utf8.h"

namespace forewarn {
namespace {

constexpr std::string_view kSpecial = "^$*+?()[]{}|\\";

bool IsPunctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

// What is inside of the parentheses when one pair is around all of it.
std::string_view WithoutGroup(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return text;
  text = text.substr(1, text.size() - 2);
  if (text.starts_with("?:")) text.remove_prefix(2);
  return text;
}

// Ascending, each once.
void SortOnce(std::vector<std::string>& texts) {
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  texts.shrink_to_fit();
}

// Whether a value is `text`, of which each byte at `dots` is any character but a line break.
bool MatchesDotted(std::string_view text, std::span<const size_t> dots, std::string_view value) {
  size_t begin = 0;
  for (size_t dot : dots) {
    const std::string_view part = text.substr(begin, dot - begin);
    if (!value.starts_with(part)) return false;
    value.remove_prefix(part.size());
    const size_t length = Utf8Length(value);
    if (length == 0 || value.front() == '\n') return false;
    value.remove_prefix(length);
    begin = dot + 1;
  }
  return value == text.substr(begin);
}

}  // namespace

std::optional<Alternatives> Alternatives::Parse(std::string_view expression) {
  if (Utf8Prefix(expression) != expression.size()) return std::nullopt;
  const std::string_view text = WithoutGroup(expression);
  Alternatives made;
  std::map<std::pair<size_t, std::vector<size_t>>, std::vector<std::string>> dotted;
  std::string value;
  std::vector<size_t> dots;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '|') {
      if (dots.empty()) {
        made.plain_.push_back(std::move(value));
      } else {
        const size_t bytes = value.size();
        dotted[{bytes, std::move(dots)}].push_back(std::move(value));
      }
      value.clear();
      dots.clear();
    } else if (text[i] == '\\' && i + 1 < text.size() && IsPunctuation(text[i + 1])) {
      value += text[++i];
    } else if (kSpecial.find(text[i]) != std::string_view::npos) {
      return std::nullopt;
    } else {
      if (text[i] == '.') dots.push_back(value.size());
      value += text[i];
    }
  }
  SortOnce(made.plain_);
  for (auto& [shape, texts] : dotted) {
    SortOnce(texts);
    made.shapes_.push_back({shape.first, shape.second, std::move(texts)});
  }
  return made;
}

bool Alternatives::Matches(std::string_view value) const {
  const auto is_in = [](const std::vector<std::string>& texts, std::string_view one) {
    return std::ranges::binary_search(texts, one, std::less<std::string_view>());
  };
  if (is_in(plain_, value)) return true;
  if (shapes_.empty()) return false;
  if (!IsAscii(value)) {
    return std::ranges::any_of(shapes_, [&](const Shape& shape) {
      return std::ranges::any_of(shape.texts, [&](const std::string& text) {
        return MatchesDotted(text, shape.dots, value);
      });
    });
  }
  std::string with_dots;
  return std::ranges::any_of(shapes_, [&](const Shape& shape) {
    if (shape.bytes != value.size()) return false;
    with_dots = value;
    for (size_t dot : shape.dots) {
      if (with_dots[dot] == '\n') return false;
      with_dots[dot] = '.';
    }
    return is_in(shape.texts, with_dots);
  });
}

size_t Alternatives::size() const {
  size_t count = plain_.size();
  for (const Shape& shape : shapes_) count += shape.texts.size();
  return count;
}

std::optional<std::span<const std::string>> Alternatives::Values() const {
  if (!shapes_.empty()) return std::nullopt;
  return plain_;
}

std::vector<std::string> Alternatives::Prefixes() const {
  std::vector<std::string> prefixes = plain_;
  for (const Shape& shape : shapes_) {
    for (const std::string& text : shape.texts) {
      prefixes.push_back(text.substr(0, shape.dots.front()));
    }
  }
  SortOnce(prefixes);
  return prefixes;
}

}  // namespace forewarn
