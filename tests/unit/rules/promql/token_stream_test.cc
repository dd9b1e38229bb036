#include "rules/promql/token_stream.h"

#include <gtest/gtest.h>

#include "rules/promql/lexer.h"

namespace forewarn::promql {
namespace {

TokenStream StreamOf(std::string_view text) { return TokenStream(text, *Tokenize(text)); }

TEST(TokenStream, StaysAtTheEnd) {
  TokenStream words = StreamOf("a b");
  EXPECT_EQ(words.LastEnd(), 0u);
  EXPECT_EQ(words.Peek(1).text, "b");
  EXPECT_EQ(words.Peek(9).kind, TokenKind::kEnd);
  EXPECT_EQ(words.Take().text, "a");
  EXPECT_EQ(words.LastEnd(), 1u);
  EXPECT_EQ(words.Take().text, "b");
  EXPECT_EQ(words.Take().kind, TokenKind::kEnd);
  EXPECT_EQ(words.Take().kind, TokenKind::kEnd);
}

TEST(TokenStream, TakesOnlyWhatIsWanted) {
  TokenStream words = StreamOf("a )");
  EXPECT_FALSE(words.TakeIf(TokenKind::kRightParen));
  EXPECT_EQ(words.Expect(TokenKind::kRightParen, "at the end").message(),
            "1:1: unexpected 'a', expected ')' at the end\n  a )\n  ^");
  words.Take();
  EXPECT_TRUE(words.Expect(TokenKind::kRightParen, "at the end").ok());
  EXPECT_EQ(words.Peek().kind, TokenKind::kEnd);
}

}  // namespace
}  // namespace forewarn::promql
