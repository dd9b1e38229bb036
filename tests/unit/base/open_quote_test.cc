#include "base/open_quote.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

TEST(OpenQuote, IsOneThatNothingClosesBeforeTheEnd) {
  for (const char* yaml :
       {"\"", "'", "\"x\ny: 1\n", "'x\ny: \"1\"\n", "'it''s", "'x''", "\"x\\\"", "\"x\\"}) {
    std::optional<TextPlace> quote = FindOpenQuote(yaml, {});
    ASSERT_TRUE(quote) << yaml;
    EXPECT_EQ(quote->offset, 0u) << yaml;
  }
  for (const char* yaml : {"\"\"", "''", "''''", "'it''s'", "\"\\\"\"", "\"\\\\\"", "\"'\" '",
                           "'\"'\n\"", "\"x\n\n y\"", "it's", "|\n  \"x", "", "# \"x"}) {
    EXPECT_FALSE(FindOpenQuote(yaml, {})) << yaml;
  }
}

TEST(OpenQuote, StandsBehindAnchorsTagsAndComments) {
  std::optional<TextPlace> quote = FindOpenQuote("a: &x !!str # \"c\"\r\n  # d\n  'b\n", {1, 4, 3});
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->line, 3);
  EXPECT_EQ(quote->column, 3);
  EXPECT_EQ(quote->offset, 27u);
  EXPECT_FALSE(FindOpenQuote("&\"x y", {}));
  EXPECT_FALSE(FindOpenQuote("!x\n", {}));
}

TEST(OpenQuote, IsNotMovedByAByteOrderMark) {
  const std::string yaml =
      "\xef\xbb\xbf"
      "a: 'b\n";
  std::optional<TextPlace> quote = FindOpenQuote(yaml, {1, 4, 3});
  ASSERT_TRUE(quote);
  EXPECT_EQ(OpenQuoteMistake(yaml, *quote),
            "this quote is not closed; put a ' where the text ends");
}

TEST(OpenQuote, IsNowhereBehindTheEnd) { EXPECT_FALSE(FindOpenQuote("'", {1, 9, 8})); }

}  // namespace
}  // namespace forewarn
