#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

Expression Parsed(std::string_view text) {
  const auto parsed = Parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status().message();
  return *parsed;
}

TEST(Keeps, HoldsWhereEveryResultRestsOnOneValueOfTheLabel) {
  for (const char* text : {"a",
                           "a{probe=\"x\"} > 5",
                           "rate(a[5m])",
                           "-a",
                           "(a)",
                           "a + b",
                           "a and b",
                           "a or b",
                           "a unless b",
                           "a - on (probe, device) b",
                           "a and on (probe) b",
                           "a * ignoring (os) b",
                           "a * on (probe) group_left (os) b",
                           "sum by (probe) (a)",
                           "sum without (device) (a)",
                           "topk by (probe) (2, a)",
                           "quantile by (probe) (0.5, a)",
                           "count_values by (probe) (\"v\", a)",
                           "predict_linear(a[1h], 4 * 3600) < 0",
                           "max_over_time(rate(a[5m])[1h:1m])",
                           "a > bool 3",
                           "histogram_quantile(0.9, sum by (probe, le) (rate(a[5m])))",
                           "a * time()",
                           "hour(a)",
                           "sort(a)",
                           "clamp(a, 0, pi())",
                           "label_replace(a, \"x\", \"$1\", \"probe\", \"(.*)\")",
                           "a @ end()",
                           "label_join(a, \"x\", \"-\", \"probe\", \"device\")",
                           "timestamp(a)",
                           "last_over_time(a[5m])"}) {
    EXPECT_TRUE(Parsed(text).Keeps("probe")) << text;
  }
}

TEST(Keeps, FailsWhereSeriesOfOthersHaveASay) {
  for (const char* text : {"sum(a)",
                           "sum by (installation) (a)",
                           "sum without (probe) (a)",
                           "topk(3, a)",
                           "absent(a)",
                           "absent_over_time(a[5m])",
                           "a - on (device) b",
                           "a - ignoring (probe) b",
                           "a - ignoring (probe) group_left b",
                           "a or on () vector(0)",
                           "a or vector(0)",
                           "vector(1)",
                           "1",
                           "time()",
                           "\"text\"",
                           "scalar(a)",
                           "a > scalar(b)",
                           "vector(scalar(a))",
                           "hour()",
                           "topk by (probe) (scalar(b), a)",
                           "clamp_max(a, scalar(b))",
                           "a and on () b",
                           "label_replace(a, \"probe\", \"x\", \"\", \"\")",
                           "label_join(a, \"probe\", \"\", \"x\")",
                           "count_values by (probe) (\"probe\", a)",
                           "count_values(\"v\", a)",
                           "a + sum(b)",
                           "a unless on (installation) b",
                           "max_over_time(sum(a)[5m:])",
                           "-sum(a)",
                           "(sum(a))",
                           "a / on (device) group_right (probe) b",
                           "predict_linear(a[1h], scalar(b))"}) {
    EXPECT_FALSE(Parsed(text).Keeps("probe")) << text;
  }
}

TEST(Keeps, FailsForLabelsThatFunctionsTakeAway) {
  EXPECT_FALSE(Parsed("histogram_quantile(0.9, a)").Keeps("le"));
  EXPECT_TRUE(Parsed("rate(a[5m])").Keeps("le"));
  EXPECT_FALSE(Parsed("a").Keeps("__name__"));
}

TEST(With, AddsTheMatcherToEverySelector) {
  const Expression before = Parsed(
      "-sum by (x) (rate(a[5m])) / on (x) (b{c=\"d\"} offset 1m) + topk(scalar(e), "
      "max_over_time(f[1h:]))");
  const Expression after = before.With(Matcher::Equal("installation", "i-1"));
  EXPECT_EQ(
      after.ToString(),
      "-sum by (x) (rate(a{installation=\"i-1\"}[5m])) / on (x) (b{c=\"d\",installation=\"i-1\"} "
      "offset "
      "1m) + topk(scalar(e{installation=\"i-1\"}), max_over_time(f{installation=\"i-1\"}[1h:]))");
  EXPECT_EQ(before.ToString().find("installation"), std::string::npos) << "the original stays";
  EXPECT_TRUE(SameTree(Parsed(after.ToString()).root(), after.root()));
}

TEST(Selectors, ComeInTheOrderOfTheText) {
  std::vector<std::string> names;
  for (const Matchers& matchers : Parsed("a + rate(b{x=\"1\"}[5m]) > scalar(c)").Selectors()) {
    names.push_back(matchers.front().value());
  }
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "c"));
}

TEST(Reach, AddsRangesOffsetsAndTheLookBack) {
  const std::vector<std::pair<const char*, Duration>> cases = {
      {"1", 0s},
      {"a", 5min},
      {"a offset 10m", 15min},
      {"a offset -1h", 0s},
      {"rate(a[1h])", 1h},
      {"rate(a[1h] offset 1d)", 25h},
      {"a + rate(b[2h])", 2h},
      {"max_over_time(rate(a[5m])[1h:1m])", 65min},
      {"max_over_time(a[1h:1m] offset 1h)", 2h + 5min},
      {"a @ end()", 5min},
      {"a @ 5", Duration::max()},
      {"max_over_time((a @ 5)[1h:])", Duration::max()},
  };
  for (const auto& [text, reach] : cases) EXPECT_EQ(Parsed(text).Reach(), reach) << text;
}

TEST(IsInstant, IsWhatARangeQueryTakes) {
  EXPECT_TRUE(Parsed("1").IsInstant());
  EXPECT_TRUE(Parsed("sum(a)").IsInstant());
  EXPECT_FALSE(Parsed("a[5m]").IsInstant());
  EXPECT_FALSE(Parsed("'text'").IsInstant());
}

}  // namespace
}  // namespace forewarn::promql
