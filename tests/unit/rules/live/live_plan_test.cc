#include "rules/live/live_plan.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

// Empty when there is a plan, else why there is none.
std::string WhyNot(const std::string& text) {
  StatusOr<promql::Expression> expression = promql::Parse(text);
  EXPECT_TRUE(expression.ok()) << text << ": " << expression.status().message();
  if (!expression.ok()) return "no expression";
  std::string why_not;
  const bool has_plan = MakeLivePlan(*expression, &why_not) != nullptr;
  EXPECT_EQ(has_plan, why_not.empty()) << text;
  return why_not;
}

TEST(LivePlan, HasTheCommonShapes) {
  for (const char* text : {
           "up == 0",
           "5 < +x",
           "-x > -5",
           "rate(x_total[5m]) > 0.1",
           "100 * (1 - avg by (instance) (rate(cpu{mode=\"idle\"}[5m]))) > 90",
           "predict_linear(free[1h], 4 * 3600) < 0",
           "quantile_over_time(0.9, x[10m]) > 3",
           "(free / size) < 0.1 and ro == 0",
           "time() - last_backup > 86400",
           "x * on (instance) group_left (name) info",
           "a or b unless on (job) c",
           "clamp_max(x, 5) > 1",
           "{__name__=~\"x.*\"} > 1",
           "last_over_time({__name__=~\"x.*\"}[5m])",
           "quantile(0.9, x) > stddev(x)",
           "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 1",
           "rate(x[5m]) > 2 * rate(x[5m] offset 30m)",
           "x offset -5m > 1",
           "absent(x{job=\"a\"})",
           "absent(bottomk(3, x))",
           "x * on (pod) group_left (node) topk by (pod) (1, max by (node, pod) (info))",
           "histogram_quantile(0.9, x) > scalar(topk(1, y))",
           "absent_over_time({job=\"a\"}[5m])",
           "x > scalar(y)",
           "x and on () hour() > 5 and on () (vector(time()) % 2 == 1)",
           "time() - timestamp(x) > 60 or timestamp(x + 1)",
           "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\") * 2",
           "label_join(x, \"a\", \"-\", \"b\", \"c\") / on (a) y",
       }) {
    EXPECT_EQ(WhyNot(text), "") << text;
  }
}

TEST(LivePlan, LeavesTheRestToTheGeneralEvaluator) {
  EXPECT_EQ(WhyNot("rate(x[5m] @ 0)"), "@");
  EXPECT_EQ(WhyNot("avg_over_time(x[2h])"), "a range of more than 1h");
  EXPECT_EQ(WhyNot("avg_over_time(x[30m] offset 31m)"), "a range of more than 1h");
  EXPECT_EQ(WhyNot("max_over_time(rate(x[1m])[10m:1m])"), "a subquery");
  EXPECT_EQ(WhyNot("sum(topk(3, x) * 2)"), "sum of what topk or bottomk has ordered");
  EXPECT_EQ(WhyNot("histogram_quantile(0.9, topk(3, x))"),
            "buckets that topk or bottomk has ordered");
  EXPECT_EQ(WhyNot("count_values(\"v\", x)"), "count_values");
  EXPECT_EQ(WhyNot("label_replace(x, \"a-b\", \"b\", \"c\", \"d\")"),
            "a mistake in label_replace()");
  EXPECT_EQ(WhyNot("label_replace(x, \"a\", \"b\", \"c\", \"(\")"), "a mistake in label_replace()");
  EXPECT_EQ(WhyNot("sort(x)"), "sort()");
  EXPECT_EQ(WhyNot("x > pi()"), "pi()");
  EXPECT_EQ(WhyNot("1 + 1"), "a scalar as its result");
  EXPECT_EQ(WhyNot("x[5m]"), "a range vector as its result");
}

// Else two of them could have the same labels, which is a mistake that the general evaluator tells of.
TEST(LivePlan, KeepsTheNameOfMetricsThatOnlyItTellsApart) {
  const std::string lost = "several metrics whose names get lost";
  EXPECT_EQ(WhyNot("{__name__=~\"x.*\"} + 1"), lost);
  EXPECT_EQ(WhyNot("-{__name__=~\"x.*\"}"), lost);
  EXPECT_EQ(WhyNot("abs(x or y)"), lost);
  EXPECT_EQ(WhyNot("rate({job=\"a\"}[5m])"), lost);
  EXPECT_EQ(WhyNot("(x or y) >bool 1"), lost);
  EXPECT_EQ(WhyNot("(x or y) / z"), "several metrics that are matched");
  EXPECT_EQ(WhyNot("sum by (__name__) ({__name__=~\"x|y\"}) * 2"), lost);
  EXPECT_EQ(WhyNot("timestamp({__name__=~\"x|y\"})"), lost);
  EXPECT_EQ(WhyNot("label_replace(x, \"__name__\", \"$1\", \"b\", \"(.*)\") + 1"), lost);
  EXPECT_EQ(WhyNot("-(x == on (__name__) y)"), lost);
  EXPECT_EQ(WhyNot("sum by (__name__) ({__name__=~\"x|y\"}) > 2"), "");
  EXPECT_EQ(WhyNot("sum without (a) (x or y) * 2"), "");
}

}  // namespace
}  // namespace forewarn
