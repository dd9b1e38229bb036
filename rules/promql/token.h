#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace forewarn::promql {

// The words of PromQL. Keywords are recognised in any case; all but the operators among them may
// also be the name of a metric or a label, which is the parser's business.
enum class TokenKind : uint8_t {
  kEnd,
  kIdentifier,  // of a metric, label or function; a colon in it makes it a metric's
  kNumber,
  kString,    // Token::text is what the quotes and escapes stand for
  kDuration,  // `5m`, `1h30m`
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAt,
  // The four of matchers; kNotEqual is also a comparison.
  kAssign,
  kNotEqual,
  kRegexMatch,
  kRegexNotMatch,
  // Operators.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kUnless,
  // Aggregations.
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kCountValues,
  // Other keywords.
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kOffset,
  kStart,
  kFinish,  // `end`
};

// One word with where it stands, as byte offsets into the text.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t begin = 0;
  size_t end = 0;
  std::string text;   // as written; of a string, its meaning
  double number = 0;  // of kNumber
};

// What the token is called in a message: `'('`, `identifier 'foo'`, `end of the expression`.
std::string Describe(const Token& token);

// What may have been meant by a word with which an expression does not go on: `; did you mean '=='?`, or nothing.
std::string Hint(const Token& token);

// As it is written in an expression: `+`, `group_left`, `sum`. For operators, aggregations and
// keywords.
std::string_view Spelling(TokenKind kind);

}  // namespace forewarn::promql
