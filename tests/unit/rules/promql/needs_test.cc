#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/promql/promql.h"
#include "rules/rule_set.h"
#include "tests/unit/rules/fake_source.h"

namespace forewarn::promql {
namespace {

using ::testing::ElementsAre;

// The selectors that it needs one of, or `none`.
std::vector<std::string> NeedsOf(std::string_view text) {
  StatusOr<Expression> expression = Parse(text);
  EXPECT_TRUE(expression.ok()) << expression.status().message();
  std::vector<std::string> needs;
  auto found = expression->Needs();
  if (!found) return {"none"};
  for (const Matchers& selector : *found) needs.push_back(DescribeSelector(selector));
  return needs;
}

TEST(Needs, AreTheSelectorWhereThereIsOne) {
  EXPECT_THAT(NeedsOf("x"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("-(x{a=\"b\"} offset 5m)"), ElementsAre("x{a=\"b\"}"));
  EXPECT_THAT(NeedsOf("rate(x[5m]) > 5"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("5 < bool x"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("max_over_time(sum by (a) (x)[1h:5m])"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("histogram_quantile(scalar(y), x)"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("label_replace(x, \"a\", \"b\", \"c\", \"d\")"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("quantile_over_time(0.9, x[5m])"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("topk(scalar(y), x)"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("hour(x)"), ElementsAre("x"));
}

TEST(Needs, AreOfTwoSidesThatMustMeetTheStricter) {
  EXPECT_THAT(NeedsOf("x / on (i) y{a=\"b\"}"), ElementsAre("y{a=\"b\"}"));
  EXPECT_THAT(NeedsOf("x{a=\"b\"} and y"), ElementsAre("x{a=\"b\"}"));
  EXPECT_THAT(NeedsOf("x > y"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("(x or y) * z"), ElementsAre("z"));
  EXPECT_THAT(NeedsOf("x and {a=~\".+\",b=~\".+\"}"), ElementsAre("x"))
      << "one that names its metric";
  EXPECT_THAT(NeedsOf("x and vector(1)"), ElementsAre("x"));
  EXPECT_THAT(NeedsOf("vector(1) and x"), ElementsAre("x"));
}

TEST(Needs, AreBothSidesOfAnOrAndTheLeftOneOfUnless) {
  EXPECT_THAT(NeedsOf("x or y"), ElementsAre("x", "y"));
  EXPECT_THAT(NeedsOf("x unless y{a=\"b\"}"), ElementsAre("x"));
}

TEST(Needs, AreNoneWhereThereMayBeAResultWithoutSeries) {
  for (const char* text :
       {"1", "\"a\"", "time()", "vector(time())", "hour()", "absent(x)", "absent_over_time(x[5m])",
        "scalar(x)", "x or vector(0)", "vector(1) unless x", "sum(absent(x))", "scalar(x) + 1",
        "label_replace(absent(x), \"a\", \"b\", \"c\", \"d\")", "absent(x) > 0", "pi()"}) {
    EXPECT_THAT(NeedsOf(text), ElementsAre("none")) << text;
  }
}

// The promise itself, over a source that has everything but what is needed.
TEST(Needs, LeaveNoResultWhenTheyAreNotMet) {
  const Timestamp at = FromMillis(1'780'000'000'000);
  for (const char* text :
       {"x", "rate(x[5m])", "x / on () y", "y / on () x{a=\"b\"}", "y and on () x{a=\"b\"}",
        "y * on () group_left () x{a=\"b\"}", "count(x)", "quantile(0.5, x)",
        "count_values(\"v\", x)", "sum by (a) (x) or x", "x unless y", "sort(x)", "timestamp(x)",
        "max_over_time(x[5m:1m])", "x + 1", "1 > bool x", "-x", "clamp_max(x, scalar(y))",
        "x @ 0"}) {
    FakeSource source;
    source.Write("y 1 2 3 4", at - 1min, 15s);
    StatusOr<Expression> expression = Parse(text);
    ASSERT_TRUE(expression.ok()) << text;
    auto needs = expression->Needs();
    ASSERT_TRUE(needs) << text;
    for (const Matchers& selector : *needs) {
      EXPECT_THAT(*source.Match(selector), ::testing::IsEmpty()) << text;
    }
    StatusOr<Value> value = EvaluateAt(*expression, source, at, EvalLimits());
    ASSERT_TRUE(value.ok()) << text << ": " << value.status().message();
    EXPECT_TRUE(std::get<Vector>(*value).empty()) << text;
  }
}

}  // namespace
}  // namespace forewarn::promql
