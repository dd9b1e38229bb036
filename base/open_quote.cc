#include "base/open_quote.h"

#include <fmt/format.h>

namespace forewarn {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view WithoutByteOrderMark(std::string_view yaml) {
  if (yaml.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    yaml.remove_prefix(kByteOrderMark.size());
  return yaml;
}

// Goes over what stands before the quote.
class Walk {
 public:
  Walk(std::string_view yaml, TextPlace place) : yaml_(yaml), place_(place) {}

  bool at_end() const { return place_.offset >= yaml_.size(); }
  char front() const { return at_end() ? '\0' : yaml_[place_.offset]; }
  const TextPlace& place() const { return place_; }

  // Anchors, tags, and the white space and comments behind them.
  void SkipProperties() {
    while (front() == '&' || front() == '!') {
      while (!at_end() && !IsBreak() && !IsBlank()) Step();
      while (IsBreak() || IsBlank() || front() == '#') {
        if (front() == '#') {
          while (!at_end() && !IsBreak()) Step();
        } else {
          Step();
        }
      }
    }
  }

 private:
  bool IsBlank() const { return front() == ' ' || front() == '\t'; }
  bool IsBreak() const { return front() == '\n' || front() == '\r'; }

  void Step() {
    const bool within_crlf = front() == '\r' && yaml_.substr(place_.offset + 1, 1) == "\n";
    if (IsBreak() && !within_crlf) {
      ++place_.line;
      place_.column = 1;
    } else {
      ++place_.column;
    }
    ++place_.offset;
  }

  std::string_view yaml_;
  TextPlace place_;
};

// Whether the quote at the front of `text` is closed: a quote that is doubled in '…', or behind a backslash
// in "…", closes nothing.
bool IsClosed(std::string_view text) {
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

}  // namespace

std::optional<TextPlace> FindOpenQuote(std::string_view yaml, TextPlace scalar) {
  yaml = WithoutByteOrderMark(yaml);
  Walk walk(yaml, scalar);
  walk.SkipProperties();
  if (walk.front() != '"' && walk.front() != '\'') return std::nullopt;
  if (IsClosed(yaml.substr(walk.place().offset))) return std::nullopt;
  return walk.place();
}

std::string OpenQuoteMistake(std::string_view yaml, const TextPlace& quote) {
  return fmt::format("this quote is not closed; put a {} where the text ends",
                     WithoutByteOrderMark(yaml).at(quote.offset));
}

}  // namespace forewarn
