#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const auto parsed = Parse(text);
  return parsed.ok() ? "parsed as " + parsed->ToString() : parsed.status().message();
}

bool SameAs(std::string_view a, std::string_view b) {
  const auto x = Parse(a);
  const auto y = Parse(b);
  EXPECT_TRUE(x.ok() && y.ok()) << ErrorOf(a) << '\n' << ErrorOf(b);
  // Compare without the parentheses that make the grouping visible.
  return x.ok() && y.ok() && x->ToString() == y->ToString();
}

// Shows how operators were grouped, with all parentheses.
std::string Grouping(const Node& node) {
  if (const auto* binary = As<Binary>(node)) {
    return "(" + Grouping(*binary->left) + " " + std::string(Spelling(binary->op)) + " " +
           Grouping(*binary->right) + ")";
  }
  if (const auto* unary = As<Unary>(node)) return "(-" + Grouping(*unary->operand) + ")";
  if (const auto* paren = As<Paren>(node)) return Grouping(*paren->expression);
  return Expression(std::make_shared<Node>(node)).ToString();
}

TEST(Parser, GroupsOperatorsAsPrometheusDoes) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a + b * c", "(a + (b * c))"},
      {"a - b - c", "((a - b) - c)"},
      {"a ^ b ^ c", "(a ^ (b ^ c))"},
      {"-a ^ b", "(-(a ^ b))"},
      {"-a * b", "((-a) * b)"},
      {"a ^ -b * c", "((a ^ (-b)) * c)"},
      {"a or b and c unless d", "(a or ((b and c) unless d))"},
      {"a == b + c", "(a == (b + c))"},
      {"a > b or c", "((a > b) or c)"},
      {"a atan2 b % c", "((a atan2 b) % c)"},
      {"-1 ^ 2", "(-(1 ^ 2))"},
      {"(a + b) * c", "((a + b) * c)"},
  };
  for (const auto& [text, grouping] : cases) {
    const auto parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(Grouping(parsed->root()), grouping) << text;
  }
}

TEST(Parser, TakesModifiersInEitherPlace) {
  EXPECT_TRUE(SameAs("sum by (a, b) (x)", "sum(x) by (a, b,)"));
  EXPECT_TRUE(SameAs("SUM WITHOUT (a) (x)", "sum(x) without (a)"));
  EXPECT_TRUE(SameAs("x[5m] @ 10 offset 1m", "x[5m] offset 1m @ 10"));
}

TEST(Parser, LetsKeywordsNameMetricsAndLabels) {
  for (const char* text :
       {"sum", "by + offset", "sum{by=\"a\"} offset 5m", "end", "start[5m]",
        "count by (sum, on) (x)", "and and and", "rate + 1", "x{offset=\"1\"}"}) {
    EXPECT_TRUE(Parse(text).ok()) << ErrorOf(text);
  }
}

TEST(Parser, TakesWithoutForNoLabelOfAList) {
  EXPECT_TRUE(Parse("sum by (by, on) (x{without=\"a\"})").ok());
  EXPECT_FALSE(Parse("sum by (without) (x)").ok());
  EXPECT_FALSE(Parse("x + on (a, without) y").ok());
}

TEST(Parser, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(ErrorOf("sum(rat(x[5m]))"),
            "1:5: unknown function 'rat'; did you mean 'rate'?\n  sum(rat(x[5m]))\n      ^");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "1:1: the expression is empty"},
      {"a +", "1:4: the expression ends here, expected a metric"},
      {"a b", "1:3: unexpected 'b' after the expression"},
      {"(a", "1:3: the expression ends here, expected ')'"},
      {"a = 0", "1:3: unexpected '=' after the expression; did you mean '=='?"},
      {"(a = 0)", "1:4: unexpected '=', expected ')' to match the opening one; did you mean '=='?"},
      {"a adn b", "1:3: unexpected 'adn' after the expression; did you mean 'and'?"},
      {"a for 5m", "1:3: unexpected 'for' after the expression; 'for' is a key of the rule"},
      {"a && b", "1:3: unexpected character '&'; did you mean 'and'?"},
      {"a || b", "1:3: unexpected character '|'; did you mean 'or'?"},
      {"a{b~='c'}", "1:4: unexpected character '~'; did you mean '=~'?"},
      {"smu(a)", "1:1: unknown function 'smu'; did you mean 'sum'?"},
      {"rate(x)", "1:6: 'rate' needs a range vector here, not an instant vector; add a range"},
      {"abs()", "1:1: 'abs' takes 1 argument, not 0"},
      {"round(a, 1, 2)", "1:1: 'round' takes at most 2 arguments, not 3"},
      {"label_join(a, \"b\")", "1:1: 'label_join' takes at least 3 arguments, not 2"},
      {"abs(a,)", "1:7: a comma before ')'"},
      {"topk(a)", "1:1: 'topk' takes 2 arguments, not 1"},
      {"topk(a, b)", "1:6: 'topk' needs a scalar here"},
      {"1 > 2", "1:3: a comparison of two scalars needs the bool modifier"},
      {"1 and a", "1:3: 'and' needs an instant vector on both sides"},
      {"a + bool b", "1:5: the bool modifier goes with comparisons only"},
      {"a and on (x) group_left b", "1:14: 'and' takes no group_left"},
      {"a + on (x) group_left (x) b", "1:12: label 'x' must not be in both on and group_left"},
      {"1 + on (x) a", "1:3: on and ignoring go between two instant vectors only"},
      {"a + \"b\"", "1:5: '+' needs scalars or instant vectors, not a string"},
      {"a[5m] + 1", "1:1: '+' needs scalars or instant vectors, not a range vector"},
      {"-\"a\"", "1:2: a sign goes before"},
      {"a[5]", "1:3: a range needs a unit, such as 5s or 5m"},
      {"a[0s]", "1:3: a range must be longer than 0"},
      {"(a)[5m]", "1:4: a range goes after a selector only"},
      {"a offset 1m [5m]", "1:13: write the range before offset and @"},
      {"a[5m][5m:]", "1:1: a subquery needs an instant vector, not a range vector"},
      {"abs(a) offset 1m", "1:8: offset goes after a selector or a subquery only"},
      {"a offset 1m offset 2m", "1:13: offset is given twice"},
      {"a @ 1 @ 2", "1:7: @ is given twice"},
      {"a @ NaN", "1:3: the time after @ is out of bounds"},
      {"a @ b", "1:5: unexpected 'b', expected seconds since 1970"},
      {"{}", "1:1: a selector needs at least one matcher"},
      {"{a=~\".*\"}", "1:1: a selector needs at least one matcher"},
      {"a{__name__=\"b\"}", "1:3: the metric's name is given twice"},
      {"a{b=~\"(\"}", "1:6:"},
      {"a{b}", "1:4: unexpected '}', expected one of = != =~ !~"},
      {"sum by (1) (a)", "1:9: unexpected number '1', expected a label name"},
      {"a\n + \n  rat(b)", "3:3: unknown function"},
      {"http:x(a)", "1:1: unknown function 'http:x'"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), StartsWith(error)) << text;
}

std::string Repeat(std::string_view part, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Parser, BoundsTheDepthOfHostileText) {
  EXPECT_THAT(ErrorOf(Repeat("(", 60'000)), HasSubstr("nested more than 200 levels"));
  EXPECT_THAT(ErrorOf(Repeat("-", 60'000) + "a"), HasSubstr("nested more than"));
  EXPECT_THAT(ErrorOf(Repeat("a^", 30'000) + "a"), HasSubstr("nested more than"));
  EXPECT_THAT(ErrorOf(Repeat("1+", 30'000) + "1"), HasSubstr("more than 1200 operators in a row"));
  EXPECT_THAT(ErrorOf(Repeat("abs(", 15'000)), HasSubstr("nested more than"));
  EXPECT_THAT(ErrorOf("a" + Repeat("[1m:]", 12'000)),
              HasSubstr("a subquery needs an instant vector"));
  EXPECT_TRUE(Parse(Repeat("(", 150) + "a" + Repeat(")", 150)).ok());
}

// They are flat, and a chain is what generated rules have.
TEST(Parser, TakesLongChainsOfOperators) {
  for (const char* op : {" or ", " + ", " and on (b) ", " == bool "}) {
    const std::string text = Repeat(std::string("a") + op, 999) + "a";
    StatusOr<Expression> chain = Parse(text);
    ASSERT_TRUE(chain.ok()) << chain.status().message();
    EXPECT_EQ(chain->ToString(), text);
    EXPECT_EQ(chain->root().depth, 2);
    EXPECT_EQ(chain->Selectors().size(), 1000u);
    chain->Keeps("probe");
    EXPECT_EQ(chain->With(Matcher::Equal("c", "d")).Selectors().back().size(), 2u);
  }
  EXPECT_TRUE(Parse(Repeat("1+", 1199) + "1").ok());
  EXPECT_FALSE(Parse(Repeat("1+", 1200) + "1").ok());
}

TEST(Parser, BoundsTheMatchersOfASelectorAndOfAll) {
  const auto selector = [](size_t matchers) { return "{" + Repeat("a=\"1\",", matchers) + "}"; };
  EXPECT_TRUE(Parse(selector(100)).ok());
  EXPECT_THAT(ErrorOf(selector(101)), StartsWith("1:602: a selector has at most 100 matchers"));
  EXPECT_THAT(ErrorOf("a" + selector(100)), HasSubstr("a selector has at most 100 matchers"));
  EXPECT_TRUE(Parse(selector(100) + Repeat(" or " + selector(100), 9)).ok());
  EXPECT_THAT(ErrorOf(selector(100) + Repeat(" or " + selector(100), 9) + " or b"),
              HasSubstr("an expression has at most 1000 matchers"));
}

// What is compiled is held, by rules for as long as they are in force.
TEST(Parser, BoundsTheRegularExpressionsOfASelectorAndOfAll) {
  const std::string large = "a=~\"" + Repeat("[a-z]{1000}", 30) + "\"";
  EXPECT_TRUE(Parse("{" + large + "}").ok());
  EXPECT_THAT(ErrorOf("{" + large + "," + large + "}"),
              StartsWith("1:341: the regular expressions of a selector may have 50000 steps"));
  const std::string six = "{" + large + "}" + Repeat(" or {" + large + "}", 5);
  EXPECT_TRUE(Parse(six).ok());
  EXPECT_THAT(ErrorOf(six + " or {" + large + "}"),
              HasSubstr("the regular expressions of an expression may have 200000 steps"));
  EXPECT_TRUE(Parse("a{" + Repeat("a=~\"b+\",", 50) + "}").ok());
  EXPECT_THAT(ErrorOf("a{" + Repeat("a=~\"b+\",", 51) + "}"),
              HasSubstr("(each counts 1000 at least)"));
}

TEST(ParseMatchers, TakesAPlainSelectorAlone) {
  StatusOr<Matchers> matchers = ParseMatchers("up{job=~'n.*'}");
  ASSERT_TRUE(matchers.ok());
  ASSERT_EQ(matchers->size(), 2u);
  for (const char* text : {"up[5m]", "up offset 5m", "up @ 1", "sum(up)", "1", "(up)"}) {
    EXPECT_THAT(ParseMatchers(text).status().message(), HasSubstr("a selector is wanted")) << text;
  }
  EXPECT_THAT(ParseMatchers("up{").status().message(), HasSubstr("1:4"));
}

TEST(ParseSelectors, MayCostTogetherWhatAnExpressionMay) {
  std::vector<std::string> selectors(10, "{" + Repeat("a!=\"\",", 100) + "}");
  StatusOr<std::vector<Matchers>> parsed = ParseSelectors(selectors);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->size(), 10u);
  EXPECT_EQ(parsed->back().size(), 100u);
  selectors.emplace_back("up");
  EXPECT_THAT(ParseSelectors(selectors).status().message(), HasSubstr("at most 1000 matchers"));
}

}  // namespace
}  // namespace forewarn::promql
