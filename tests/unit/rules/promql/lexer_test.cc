#include "rules/promql/lexer.h"

#include <gmock/gmock.h>

#include <cmath>

namespace forewarn::promql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<TokenKind> Kinds(std::string_view text) {
  std::vector<TokenKind> kinds;
  const auto tokens = Tokenize(text);
  EXPECT_TRUE(tokens.ok()) << tokens.status().ToString();
  if (!tokens.ok()) return {};
  for (const Token& token : *tokens) kinds.push_back(token.kind);
  return kinds;
}

std::string StringOf(std::string_view text) {
  const auto tokens = Tokenize(text);
  return tokens.ok() ? tokens->front().text : tokens.status().message();
}

double NumberOf(std::string_view text) {
  const auto tokens = Tokenize(text);
  EXPECT_TRUE(tokens.ok()) << tokens.status().ToString();
  EXPECT_EQ(tokens->front().kind, TokenKind::kNumber);
  return tokens->front().number;
}

TEST(Lexer, SplitsAnExpressionIntoWords) {
  EXPECT_THAT(
      Kinds("rate(http:x[5m:1m]) # comment\n >= -1"),
      ElementsAre(TokenKind::kIdentifier, TokenKind::kLeftParen, TokenKind::kIdentifier,
                  TokenKind::kLeftBracket, TokenKind::kDuration, TokenKind::kColon,
                  TokenKind::kDuration, TokenKind::kRightBracket, TokenKind::kRightParen,
                  TokenKind::kGreaterEqual, TokenKind::kSub, TokenKind::kNumber, TokenKind::kEnd));
}

TEST(Lexer, KnowsKeywordsInAnyCaseButNotInsideBraces) {
  EXPECT_THAT(Kinds("SUM By {by}"),
              ElementsAre(TokenKind::kSum, TokenKind::kBy, TokenKind::kLeftBrace,
                          TokenKind::kIdentifier, TokenKind::kRightBrace, TokenKind::kEnd));
}

TEST(Lexer, TakesAColonInsideBracesForItself) {
  EXPECT_THAT(Kinds("{i:x"),
              ElementsAre(TokenKind::kLeftBrace, TokenKind::kIdentifier, TokenKind::kColon,
                          TokenKind::kIdentifier, TokenKind::kEnd));
}

TEST(Lexer, TakesAColonOutsideBracketsForAName) {
  EXPECT_THAT(Kinds(": + :1 + -:x[5m:]"),
              ElementsAre(TokenKind::kIdentifier, TokenKind::kAdd, TokenKind::kIdentifier,
                          TokenKind::kAdd, TokenKind::kSub, TokenKind::kIdentifier,
                          TokenKind::kLeftBracket, TokenKind::kDuration, TokenKind::kColon,
                          TokenKind::kRightBracket, TokenKind::kEnd));
}

TEST(Lexer, ReadsNumbersAsPrometheusDoes) {
  EXPECT_EQ(NumberOf("1"), 1);
  EXPECT_EQ(NumberOf("0x1F"), 31);
  EXPECT_EQ(NumberOf("017"), 15);
  EXPECT_EQ(NumberOf("08"), 8);
  EXPECT_EQ(NumberOf(".5"), 0.5);
  EXPECT_EQ(NumberOf("5."), 5);
  EXPECT_EQ(NumberOf("1e-3"), 0.001);
  EXPECT_EQ(NumberOf("1.5E+2"), 150);
  EXPECT_TRUE(std::isinf(NumberOf("inF")));
  EXPECT_TRUE(std::isnan(NumberOf("NaN")));
}

TEST(Lexer, RefusesHalfNumbers) {
  for (const char* text : {"0x", "1e", "1_000", "5x", "1m5", "0b1", "1e999"}) {
    EXPECT_FALSE(Tokenize(text).ok()) << text;
  }
}

TEST(Lexer, NamesAllOfTheWordThatIsNoNumber) {
  EXPECT_THAT(StringOf("a + .4u"), HasSubstr("1:5: '.4u' is neither"));
  EXPECT_THAT(StringOf(".0x1F + 1"), HasSubstr("1:1: '.0x1F' is neither"));
  EXPECT_THAT(StringOf("1.5h"), HasSubstr("1:1: '1.5h' is neither"));
}

TEST(Lexer, ResolvesEscapes) {
  EXPECT_EQ(StringOf(R"("a\n\t\\\"")"), "a\n\t\\\"");
  EXPECT_EQ(StringOf(R"('it\'s "x"')"), "it's \"x\"");
  EXPECT_EQ(StringOf(R"("\x41\102\u00e9\U0001F600")"), "AB\u00e9\U0001F600");
  EXPECT_EQ(StringOf("`raw \\n`"), "raw \\n");
}

TEST(Lexer, RefusesBrokenStrings) {
  EXPECT_THAT(StringOf("\"abc"), HasSubstr("1:1: the string has no closing \""));
  EXPECT_THAT(StringOf("\"a\nb\""), HasSubstr("no closing"));
  for (const char* text : {R"("\q")", R"("\'")", R"("\x4")", R"("\777")", R"("\ud800")", "\"\\"}) {
    EXPECT_FALSE(Tokenize(text).ok()) << text;
  }
}

TEST(Lexer, RefusesWhatIsNoWordWithItsPlace) {
  const auto tokens = Tokenize("a +\n  b ? c");
  ASSERT_FALSE(tokens.ok());
  EXPECT_EQ(tokens.status().message(), "2:5: unexpected character '?'\n    b ? c\n      ^");
}

TEST(Lexer, RefusesAnEndlessText) {
  EXPECT_THAT(Tokenize(std::string(kMaxExpressionBytes + 1, 'a')).status().message(),
              HasSubstr("at most 65536 are read"));
}

}  // namespace
}  // namespace forewarn::promql
