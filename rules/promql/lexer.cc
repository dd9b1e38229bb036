#include "rules/promql/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "rules/promql/number.h"
#include "rules/promql/position.h"

namespace forewarn::promql {
namespace {

using Spelled = std::pair<std::string_view, TokenKind>;

constexpr std::array kKeywords = {
    Spelled{"and", TokenKind::kAnd},
    Spelled{"atan2", TokenKind::kAtan2},
    Spelled{"avg", TokenKind::kAvg},
    Spelled{"bool", TokenKind::kBool},
    Spelled{"bottomk", TokenKind::kBottomk},
    Spelled{"by", TokenKind::kBy},
    Spelled{"count", TokenKind::kCount},
    Spelled{"count_values", TokenKind::kCountValues},
    Spelled{"end", TokenKind::kFinish},
    Spelled{"group", TokenKind::kGroup},
    Spelled{"group_left", TokenKind::kGroupLeft},
    Spelled{"group_right", TokenKind::kGroupRight},
    Spelled{"ignoring", TokenKind::kIgnoring},
    Spelled{"max", TokenKind::kMax},
    Spelled{"min", TokenKind::kMin},
    Spelled{"offset", TokenKind::kOffset},
    Spelled{"on", TokenKind::kOn},
    Spelled{"or", TokenKind::kOr},
    Spelled{"quantile", TokenKind::kQuantile},
    Spelled{"start", TokenKind::kStart},
    Spelled{"stddev", TokenKind::kStddev},
    Spelled{"stdvar", TokenKind::kStdvar},
    Spelled{"sum", TokenKind::kSum},
    Spelled{"topk", TokenKind::kTopk},
    Spelled{"unless", TokenKind::kUnless},
    Spelled{"without", TokenKind::kWithout},
};

// Two characters before one, so that the longest wins.
constexpr std::array kSymbols = {
    Spelled{"==", TokenKind::kEqual},       Spelled{"!=", TokenKind::kNotEqual},
    Spelled{"=~", TokenKind::kRegexMatch},  Spelled{"!~", TokenKind::kRegexNotMatch},
    Spelled{"<=", TokenKind::kLessEqual},   Spelled{">=", TokenKind::kGreaterEqual},
    Spelled{"<", TokenKind::kLess},         Spelled{">", TokenKind::kGreater},
    Spelled{"=", TokenKind::kAssign},       Spelled{"+", TokenKind::kAdd},
    Spelled{"-", TokenKind::kSub},          Spelled{"*", TokenKind::kMul},
    Spelled{"/", TokenKind::kDiv},          Spelled{"%", TokenKind::kMod},
    Spelled{"^", TokenKind::kPow},          Spelled{"(", TokenKind::kLeftParen},
    Spelled{")", TokenKind::kRightParen},   Spelled{"{", TokenKind::kLeftBrace},
    Spelled{"}", TokenKind::kRightBrace},   Spelled{"[", TokenKind::kLeftBracket},
    Spelled{"]", TokenKind::kRightBracket}, Spelled{",", TokenKind::kComma},
    Spelled{":", TokenKind::kColon},        Spelled{"@", TokenKind::kAt},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsWordCharacter(char c) { return IsAlpha(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// False for what is no character: a surrogate or beyond the last plane.
bool AppendUtf8(uint32_t c, std::string& out) {
  if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000)) return false;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

// Operators of other languages.
constexpr std::pair<std::string_view, std::string_view> kSlips[] = {{"&&", "; did you mean 'and'?"},
                                                                    {"||", "; did you mean 'or'?"},
                                                                    {"~=", "; did you mean '=~'?"}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      SkipBlanks();
      Token token;
      token.begin = at_;
      if (at_ < text_.size()) FW_RETURN_IF_ERROR(Next(token));
      token.end = at_;
      tokens.push_back(std::move(token));
      if (tokens.back().kind == TokenKind::kEnd) return tokens;
      braces_ += tokens.back().kind == TokenKind::kLeftBrace;
      braces_ -= braces_ > 0 && tokens.back().kind == TokenKind::kRightBrace;
      brackets_ += tokens.back().kind == TokenKind::kLeftBracket;
      brackets_ -= brackets_ > 0 && tokens.back().kind == TokenKind::kRightBracket;
    }
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  Status Error(size_t at, std::string_view message) const { return ErrorAt(text_, at, message); }

  void SkipBlanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (IsSpace(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  Status Next(Token& token) {
    const char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration(token);
    if (c == '"' || c == '\'' || c == '`') return Quoted(token);
    // A colon is, or starts, a metric's name; only in `[5m:1m]` it stands for itself.
    if (IsAlpha(c) || (c == ':' && braces_ == 0 && brackets_ == 0)) return Word(token);
    for (const auto& [spelling, kind] : kSymbols) {
      if (text_.substr(at_).starts_with(spelling)) {
        token.kind = kind;
        token.text = spelling;
        at_ += spelling.size();
        return OkStatus();
      }
    }
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') {
      return Error(at_, "unexpected character outside a string");
    }
    std::string_view hint;
    for (const auto& [wrong, right] : kSlips) {
      if (text_.substr(at_).starts_with(wrong)) hint = right;
    }
    return Error(at_, fmt::format("unexpected character '{}'{}", c, hint));
  }

  Status Word(Token& token) {
    const size_t begin = at_;
    while (IsWordCharacter(Peek()) || (Peek() == ':' && braces_ == 0)) ++at_;
    token.text = text_.substr(begin, at_ - begin);
    token.kind = TokenKind::kIdentifier;
    if (braces_ > 0) return OkStatus();  // inside braces every word is a label
    const std::string lower = Lower(token.text);
    if (lower == "inf" || lower == "nan") {
      token.kind = TokenKind::kNumber;
      token.number = lower == "inf" ? std::numeric_limits<double>::infinity()
                                    : std::numeric_limits<double>::quiet_NaN();
      return OkStatus();
    }
    for (const auto& [spelling, kind] : kKeywords) {
      if (spelling == lower) token.kind = kind;
    }
    return OkStatus();
  }

  Status NumberOrDuration(Token& token) {
    const size_t begin = at_;
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) {
      at_ += 2;
      while (IsHexDigit(Peek())) ++at_;
    } else {
      while (IsDigit(Peek())) ++at_;
      if (Peek() == '.') ++at_;
      while (IsDigit(Peek())) ++at_;
      const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
      if ((Peek() == 'e' || Peek() == 'E') && IsDigit(Peek(1 + sign))) {
        at_ += 1 + sign;
        while (IsDigit(Peek())) ++at_;
      }
    }
    if (!IsWordCharacter(Peek())) {
      token.kind = TokenKind::kNumber;
      token.text = text_.substr(begin, at_ - begin);
      StatusOr<double> number = ParseNumber(token.text);
      if (!number.ok()) return Error(begin, number.status().message());
      token.number = *number;
      return OkStatus();
    }
    at_ = begin;
    bool duration = IsDigit(Peek());  // a duration has no point
    while (IsDigit(Peek()) && duration) {
      while (IsDigit(Peek())) ++at_;
      if (Peek() == 'm' && Peek(1) == 's') {
        at_ += 2;
      } else if (std::string_view("smhdwy").find(Peek()) != std::string_view::npos) {
        ++at_;
      } else {
        duration = false;
      }
    }
    if (!duration || IsWordCharacter(Peek())) {
      while (IsWordCharacter(Peek()) || Peek() == '.') ++at_;
      return Error(begin, fmt::format("'{}' is neither a number nor a duration such as 5m or 1h30m",
                                      text_.substr(begin, std::min<size_t>(at_ - begin, 40))));
    }
    token.kind = TokenKind::kDuration;
    token.text = text_.substr(begin, at_ - begin);
    return OkStatus();
  }

  Status Quoted(Token& token) {
    const size_t begin = at_;
    const char quote = Peek();
    token.kind = TokenKind::kString;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = Peek();
      if (c == quote) {
        ++at_;
        return OkStatus();
      }
      if (quote == '`') {
        token.text += c;
      } else if (c == '\n') {
        break;
      } else if (c == '\\') {
        FW_RETURN_IF_ERROR(Escape(quote, token.text));
      } else {
        token.text += c;
      }
    }
    return Error(begin, fmt::format("the string has no closing {}", quote));
  }

  // From the backslash to the last character of the escape.
  Status Escape(char quote, std::string& out) {
    const size_t begin = at_;
    const char c = Peek(1);
    ++at_;
    constexpr std::string_view kNames = "abfnrtv\\";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
    if (c == quote) {
      out += quote;
      return OkStatus();
    }
    if (const size_t i = kNames.find(c); c != '\0' && i != std::string_view::npos) {
      out += kValues[i];
      return OkStatus();
    }
    size_t digits = 0;
    int base = 16;
    if (c == 'x') digits = 2;
    if (c == 'u') digits = 4;
    if (c == 'U') digits = 8;
    size_t first = at_ + 1;
    if (c >= '0' && c <= '7') {
      digits = 3;
      base = 8;
      first = at_;
    }
    uint32_t value = 0;
    const std::string_view number = text_.substr(std::min(first, text_.size()), digits);
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), value, base);
    if (digits == 0 || number.size() < digits || error != std::errc() ||
        end != number.data() + number.size()) {
      return Error(begin, "unknown escape in a string; a backslash itself is written \\\\");
    }
    at_ = first + digits - 1;
    if (c == 'u' || c == 'U') {
      if (!AppendUtf8(value, out)) return Error(begin, "the escape is not a Unicode character");
    } else if (value > 0xff) {
      return Error(begin, "an octal escape ends at \\377");
    } else {
      out += static_cast<char>(value);
    }
    return OkStatus();
  }

  const std::string_view text_;
  size_t at_ = 0;
  int braces_ = 0;
  int brackets_ = 0;
};

}  // namespace

StatusOr<std::vector<Token>> Tokenize(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return InvalidArgument(fmt::format("the expression has {} bytes; at most {} are read",
                                       text.size(), kMaxExpressionBytes));
  }
  return Lexer(text).Run();
}

std::string_view Spelling(TokenKind kind) {
  for (const auto& [spelling, of] : kSymbols) {
    if (of == kind) return spelling;
  }
  for (const auto& [spelling, of] : kKeywords) {
    if (of == kind) return spelling;
  }
  return "";
}

std::string Describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd: return "the end of the expression";
    case TokenKind::kString: return "a string";
    case TokenKind::kNumber: return fmt::format("number '{}'", token.text);
    case TokenKind::kDuration: return fmt::format("duration '{}'", token.text);
    case TokenKind::kIdentifier: return fmt::format("'{}'", token.text.substr(0, 60));
    default: return fmt::format("'{}'", token.text);
  }
}

std::string Hint(const Token& word) {
  constexpr std::array<std::string_view, 3> kOperators = {"and", "or", "unless"};
  if (word.kind == TokenKind::kAssign) return "; did you mean '=='?";
  if (word.kind != TokenKind::kIdentifier || word.text.size() < 2) return "";
  if (word.text == "for") return "; 'for' is a key of the rule, beside 'expr'";
  return Suggest(word.text, kOperators);
}

}  // namespace forewarn::promql
