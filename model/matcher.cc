#include "model/matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "model/regex.h"

namespace forewarn {
namespace {

// Of a list of texts, compared with a value that is not ASCII, which is its worst: as many as RE2 makes one step
// in the time of.
constexpr size_t kTextsPerStep = 8;
// Of what an expression's matches begin with, as far as is looked for.
constexpr int kLongestPrefix = 32;

std::string_view KindText(Matcher::Kind kind) {
  switch (kind) {
    case Matcher::Kind::kEqual: return "=";
    case Matcher::Kind::kNotEqual: return "!=";
    case Matcher::Kind::kRegex: return "=~";
    case Matcher::Kind::kNotRegex: return "!~";
  }
  return "=";
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// Reads one matcher. Errors carry the column, from 1, at which the reader stopped.
class MatcherParser {
 public:
  explicit MatcherParser(std::string_view text) : text_(text) {}

  StatusOr<Matcher> Parse() {
    SkipBlanks();
    size_t start = at_;
    while (at_ < text_.size() && IsLabelName(text_.substr(start, at_ + 1 - start))) ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (name.empty()) return Error("expected a label name");
    SkipBlanks();
    std::optional<Matcher::Kind> kind = TakeKind();
    if (!kind) return Error("expected =, !=, =~ or !~");
    SkipBlanks();
    size_t value_at = at_;
    FW_ASSIGN_OR_RETURN(std::string value, TakeQuoted());
    SkipBlanks();
    if (at_ != text_.size()) return Error("expected nothing more after the value");
    StatusOr<Matcher> matcher = Matcher::Make(*kind, std::move(name), std::move(value));
    if (!matcher.ok()) return matcher.status().With(fmt::format("column {}", value_at + 1));
    return matcher;
  }

 private:
  Status Error(std::string_view what) const {
    return InvalidArgument(fmt::format("column {}: {}", at_ + 1, what));
  }

  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  std::optional<Matcher::Kind> TakeKind() {
    using enum Matcher::Kind;
    for (Matcher::Kind kind : {kNotEqual, kRegex, kNotRegex, kEqual}) {
      if (!text_.substr(at_).starts_with(KindText(kind))) continue;
      at_ += KindText(kind).size();
      return kind;
    }
    return std::nullopt;
  }

  StatusOr<std::string> TakeQuoted() {
    char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'' && quote != '`') return Error("expected a quoted value");
    size_t opened_at = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n' && quote != '`')
        return Error("a line break inside the value; write \\n");
      if (text_[at_] == '\\' && quote != '`') {
        FW_RETURN_IF_ERROR(TakeEscape(quote, value));
      } else {
        value += text_[at_++];
      }
    }
    if (at_ == text_.size()) {
      at_ = opened_at;
      return Error("the value's quote is never closed");
    }
    ++at_;
    return value;
  }

  Status TakeEscape(char quote, std::string& value) {
    size_t start = at_++;
    char c = at_ < text_.size() ? text_[at_] : '\0';
    constexpr std::string_view kLetters = "abfnrtv\\";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
    if (size_t found = kLetters.find(c); found != std::string_view::npos) {
      value += kMeanings[found];
      ++at_;
      return OkStatus();
    }
    if (c == quote) {
      value += quote;
      ++at_;
      return OkStatus();
    }
    std::optional<uint32_t> code;
    if (c == 'x') {
      code = TakeNumber(start + 2, 2, 16);
    } else if (c == 'u') {
      code = TakeNumber(start + 2, 4, 16);
    } else if (c == 'U') {
      code = TakeNumber(start + 2, 8, 16);
    } else if (c >= '0' && c <= '7') {
      code = TakeNumber(start + 1, 3, 8);
    }
    bool byte = c != 'u' && c != 'U';
    bool surrogate = code && *code >= 0xd800 && *code <= 0xdfff;
    if (!code || (byte && *code > 0xff) || (!byte && (surrogate || *code > 0x10ffff))) {
      at_ = start;
      return Error("an unknown escape; a backslash itself is written \\\\");
    }
    if (byte) {
      value += static_cast<char>(*code);
    } else {
      AppendUtf8(value, *code);
    }
    return OkStatus();
  }

  // Exactly `digits` digits from `from` on; at_ then stands behind them.
  std::optional<uint32_t> TakeNumber(size_t from, size_t digits, uint32_t base) {
    if (from + digits > text_.size()) return std::nullopt;
    uint32_t number = 0;
    for (size_t i = from; i < from + digits; ++i) {
      char c = text_[i];
      uint32_t digit = c >= '0' && c <= '9'   ? static_cast<uint32_t>(c - '0')
                       : c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10)
                       : c >= 'A' && c <= 'F' ? static_cast<uint32_t>(c - 'A' + 10)
                                              : base;
      if (digit >= base) return std::nullopt;
      number = number * base + digit;
    }
    at_ = from + digits;
    return number;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

StatusOr<Matcher> Matcher::Make(Kind kind, std::string name, std::string value) {
  Matcher matcher(kind, std::move(name), std::move(value));
  if (kind == Kind::kEqual || kind == Kind::kNotEqual) return matcher;
  if (matcher.value_.size() <= kMaxRegexBytes) {
    if (std::optional<Alternatives> texts = Alternatives::Parse(matcher.value_)) {
      matcher.alternatives_ = std::make_shared<const Alternatives>(std::move(*texts));
      return matcher;
    }
  }
  FW_ASSIGN_OR_RETURN(matcher.regex_, CompileRegex(matcher.value_));
  return matcher;
}

Matcher Matcher::Equal(std::string name, std::string value) {
  return Matcher(Kind::kEqual, std::move(name), std::move(value));
}

bool Matcher::Matches(std::string_view value) const {
  switch (kind_) {
    case Kind::kEqual: return value == value_;
    case Kind::kNotEqual: return value != value_;
    case Kind::kRegex: return MatchesRegex(value);
    case Kind::kNotRegex: return !MatchesRegex(value);
  }
  return false;
}

bool Matcher::MatchesRegex(std::string_view value) const {
  if (alternatives_ != nullptr) return alternatives_->Matches(value);
  return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
}

size_t Matcher::steps() const {
  if (regex_ != nullptr) return static_cast<size_t>(regex_->ProgramSize());
  if (alternatives_ == nullptr || alternatives_->Values()) return 0;
  return 1 + alternatives_->size() / kTextsPerStep;
}

std::optional<std::span<const std::string>> Matcher::Values() const {
  if (alternatives_ == nullptr) return std::nullopt;
  return alternatives_->Values();
}

std::vector<std::string> Matcher::Prefixes() const {
  switch (kind_) {
    case Kind::kEqual: return {value_};
    case Kind::kNotEqual:
    case Kind::kNotRegex: return {""};
    case Kind::kRegex: break;
  }
  if (alternatives_ != nullptr) return alternatives_->Prefixes();
  std::string least, greatest;
  if (!regex_->PossibleMatchRange(&least, &greatest, kLongestPrefix)) return {""};
  const auto end = std::ranges::mismatch(least, greatest);
  return {std::string(least.begin(), end.in1)};
}

std::string Matcher::ToString() const {
  return fmt::format("{}{}{}", name_, KindText(kind_), QuoteLabelValue(value_));
}

std::string_view MetricOf(const Matchers& matchers) {
  for (const Matcher& matcher : matchers) {
    if (matcher.name() == kMetricName && matcher.kind() == Matcher::Kind::kEqual) {
      return matcher.value();
    }
  }
  return {};
}

bool MatchesAll(const Matchers& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    return matcher.Matches(labels.Get(matcher.name()));
  });
}

StatusOr<Matcher> ParseMatcher(std::string_view text) { return MatcherParser(text).Parse(); }

}  // namespace forewarn
