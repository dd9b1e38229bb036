#include "rules/promql/ast.h"

#include <gtest/gtest.h>

#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

bool Same(std::string_view a, std::string_view b) {
  return SameTree(Parse(a)->root(), Parse(b)->root());
}

TEST(Ast, TellsTreesApartByMeaningNotByPlace) {
  EXPECT_TRUE(Same("sum by (a) (x{b=\"c\"})", "sum(  x{b='c'} ) by (a)"));
  EXPECT_TRUE(Same("NaN", "nan"));
  EXPECT_FALSE(Same("a", "b"));
  EXPECT_FALSE(Same("a", "(a)"));
  EXPECT_FALSE(Same("a + b", "a - b"));
  EXPECT_FALSE(Same("a + b", "a + on () b"));
  EXPECT_FALSE(Same("a[5m]", "a[6m]"));
  EXPECT_FALSE(Same("a", "a offset 1m"));
  EXPECT_FALSE(Same("a @ 1", "a @ start()"));
  EXPECT_FALSE(Same("a[5m:]", "a[5m:1m]"));
  EXPECT_FALSE(Same("sum by (a) (x)", "sum without (a) (x)"));
  EXPECT_FALSE(Same("topk(1, a)", "topk(2, a)"));
  EXPECT_FALSE(Same("rate(a[5m])", "irate(a[5m])"));
  EXPECT_FALSE(Same("a{b=\"1\"}", "a{b!=\"1\"}"));
}

TEST(Ast, ListsChildrenFromLeftToRight) {
  const auto parsed = Parse("topk(1, a + b)");
  const auto children = Children(parsed->root());
  ASSERT_EQ(children.size(), 2u);
  EXPECT_NE(As<Number>(*children[0]), nullptr);
  EXPECT_EQ(Children(*children[1]).size(), 2u);
  EXPECT_EQ(parsed->root().depth, 3);
}

}  // namespace
}  // namespace forewarn::promql
