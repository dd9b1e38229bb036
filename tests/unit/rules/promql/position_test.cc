#include "rules/promql/position.h"

#include <gmock/gmock.h>

#include <array>

namespace forewarn::promql {
namespace {

TEST(Position, CountsLinesAndCharactersFromOne) {
  EXPECT_EQ(ErrorAt("a\n\u00e9\u00e9 b", 7, "bad").message(), "2:4: bad\n  \u00e9\u00e9 b\n     ^");
  EXPECT_EQ(ErrorAt("", 0, "empty").message(), "1:1: empty\n  \n  ^");
}

TEST(Position, FindsTheByteOfALineAndColumn) {
  EXPECT_EQ(OffsetAt("a\n\u00e9\u00e9 b", 2, 4), 7u);
  EXPECT_EQ(OffsetAt("ab", 1, 1), 0u);
  EXPECT_EQ(OffsetAt("ab", 1, 9), 2u);
  EXPECT_EQ(OffsetAt("ab\n", 7, 2), 3u);
}

TEST(Position, ShowsOnlyTheNeighbourhoodOfALongLine) {
  const std::string text(5000, 'x');
  const Status error = ErrorAt(text, 2500, "bad");
  EXPECT_LT(error.message().size(), 300u);
  EXPECT_TRUE(error.message().starts_with("1:2501: bad"));
}

TEST(Position, SuggestsTheNearestWordAndNothingFar) {
  constexpr std::array<std::string_view, 3> kWords = {"rate", "irate", "increase"};
  EXPECT_EQ(Suggest("rat", kWords), "; did you mean 'rate'?");
  EXPECT_EQ(Suggest("arte", kWords), "; did you mean 'rate'?");
  EXPECT_EQ(Suggest("incraese", kWords), "; did you mean 'increase'?");
  EXPECT_EQ(Suggest("histogram", kWords), "");
}

}  // namespace
}  // namespace forewarn::promql
