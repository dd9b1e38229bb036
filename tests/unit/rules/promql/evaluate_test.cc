#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "rules/promql/promql.h"
#include "tests/unit/rules/promql/noted_source.h"

namespace forewarn::promql {
namespace {

using testing::HasSubstr;

struct Case {
  const char* expression;
  Duration at;
  const char* expected;
};

void Check(const SeriesSource& source, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(EvaluateText(c.expression, source, c.at), c.expected) << c.expression;
  }
}

TEST(Evaluate, SelectsTheLatestSampleWithinTheLookBack) {
  const NotedSource source(
      "x{a=\"1\"} 1+1x3\n"
      "x{a=\"2\"} 10 20 stale\n"
      "x{a=\"3\"} 7\n",
      1min);
  Check(source, {
                    {"x", 1min, "x{a=\"1\"} 2\nx{a=\"2\"} 20\nx{a=\"3\"} 7"},
                    {"x", 2min, "x{a=\"1\"} 3\nx{a=\"3\"} 7"},
                    {"x", 2min + 30s, "x{a=\"1\"} 3\nx{a=\"3\"} 7"},
                    {"x", 5min, "x{a=\"1\"} 4\nx{a=\"3\"} 7"},
                    {"x", 5min + 1ms, "x{a=\"1\"} 4"},
                    {"x offset 2m", 3min, "x{a=\"1\"} 2\nx{a=\"2\"} 20\nx{a=\"3\"} 7"},
                    {"x{a=\"1\"} offset -1m", 1min, "x{a=\"1\"} 3"},
                    {"x{a=\"1\"} @ 60", 9min, "x{a=\"1\"} 2"},
                    {"x{a=\"1\"} @ start() offset 1m", 2min, "x{a=\"1\"} 2"},
                    {"x{a!=\"1\"}", 0min, "x{a=\"2\"} 10\nx{a=\"3\"} 7"},
                    {"y", 0min, ""},
                    {"x{a=\"1\"}[2m]", 3min, "x{a=\"1\"} 2@60 3@120 4@180"},
                    {"1 + 2 * 3", 0min, "7"},
                    {"\"text\"", 0min, "\"text\""},
                });
}

TEST(Evaluate, MatchesVectorsByLabels) {
  const NotedSource source(
      "used{host=\"a\",disk=\"1\"} 50\n"
      "used{host=\"a\",disk=\"2\"} 90\n"
      "used{host=\"b\",disk=\"1\"} 10\n"
      "size{host=\"a\",disk=\"1\"} 100\n"
      "size{host=\"a\",disk=\"2\"} 100\n"
      "info{host=\"a\",os=\"x\"} 1\n",
      1min);
  Check(
      source,
      {
          {"used / size", 0min, "{disk=\"1\",host=\"a\"} 0.5\n{disk=\"2\",host=\"a\"} 0.9"},
          {"used / size > 0.8", 0min, "{disk=\"2\",host=\"a\"} 0.9"},
          {"used > 80", 0min, "used{disk=\"2\",host=\"a\"} 90"},
          {"80 < used", 0min, "used{disk=\"2\",host=\"a\"} 90"},
          {"used > bool 80", 0min,
           "{disk=\"1\",host=\"a\"} 0\n{disk=\"1\",host=\"b\"} 0\n{disk=\"2\",host=\"a\"} 1"},
          {"used * on (host) group_left (os) info", 0min,
           "{disk=\"1\",host=\"a\",os=\"x\"} 50\n{disk=\"2\",host=\"a\",os=\"x\"} 90"},
          {"info * on (host) group_right (os) used", 0min,
           "{disk=\"1\",host=\"a\",os=\"x\"} 50\n{disk=\"2\",host=\"a\",os=\"x\"} 90"},
          {"info + ignoring (os, disk) group_right () size", 0min,
           "{disk=\"1\",host=\"a\"} 101\n{disk=\"2\",host=\"a\"} 101"},
          {"used and size", 0min, "used{disk=\"1\",host=\"a\"} 50\nused{disk=\"2\",host=\"a\"} 90"},
          {"used unless on (host) size", 0min, "used{disk=\"1\",host=\"b\"} 10"},
          {"size or used", 0min,
           "size{disk=\"1\",host=\"a\"} 100\nsize{disk=\"2\",host=\"a\"} 100\n"
           "used{disk=\"1\",host=\"b\"} 10"},
          {"size == on (host, disk) size", 0min,
           "{disk=\"1\",host=\"a\"} 100\n{disk=\"2\",host=\"a\"} 100"},
          {"-info", 0min, "{host=\"a\",os=\"x\"} -1"},
      });
  EXPECT_THAT(EvaluateText("info * on (host) used", source, 0min),
              HasSubstr("two series on the right of '*' match {host=\"a\"}"));
  EXPECT_THAT(EvaluateText("used * on (host) info", source, 0min), HasSubstr("say group_left"));
  EXPECT_THAT(EvaluateText("used * on () group_left (disk) info", source, 0min),
              HasSubstr("give the same labels"));
}

TEST(Evaluate, RefusesResultsThatCannotBeToldApart) {
  const NotedSource source("a{x=\"1\"} 1\nb{x=\"1\"} 2\n", 1min);
  EXPECT_THAT(EvaluateText("abs({x=\"1\"})", source, 0min), HasSubstr("the same labels {x=\"1\"}"));
  EXPECT_THAT(EvaluateText("sum_over_time({x=\"1\"}[1m])", source, 0min), HasSubstr("same labels"));
  EXPECT_THAT(EvaluateText("-{x=\"1\"}", source, 0min), HasSubstr("same labels"));
}

TEST(Evaluate, ForeseesAFullDisk) {
  const NotedSource source("disk_free{mount=\"/\"} 100-1x60\ndisk_free{mount=\"/data\"} 100x60\n",
                           1min);
  Check(source, {
                    {"predict_linear(disk_free[30m], 3600) < 0", 50min, "{mount=\"/\"} -10"},
                    {"predict_linear(disk_free[30m], 1800) < 0", 50min, ""},
                    {"deriv(disk_free[30m]) * 60", 50min, "{mount=\"/\"} -1\n{mount=\"/data\"} 0"},
                });
}

TEST(Evaluate, ReadsEachSelectorOnceForAWholeRange) {
  const NotedSource source("x 0+60x60\n", 1min);
  const auto expression = Parse("rate(x[5m]) + max_over_time(x[10m:2m]) * 0");
  ASSERT_TRUE(expression.ok());
  const auto matrix =
      EvaluateRange(*expression, source, kTimeZero + 20min, kTimeZero + 50min, 1min, {});
  ASSERT_TRUE(matrix.ok()) << matrix.status().ToString();
  EXPECT_EQ(source.selects, 2);
  ASSERT_EQ(matrix->size(), 1u);
  ASSERT_EQ((*matrix)[0].samples.size(), 31u);
  for (const Sample& sample : (*matrix)[0].samples) EXPECT_DOUBLE_EQ(sample.value, 1);
}

TEST(Evaluate, GivesAtEachStepOfARangeWhatAnInstantQueryGives) {
  const NotedSource source(
      "x{a=\"1\",le=\"1\"} 1 5 2 _ 8 _ stale 3 4 9x10\n"
      "x{a=\"2\",le=\"+Inf\"} 4 5 6 7x5 _x8 3 2 1\n"
      "y{a=\"1\"} 2x20\n",
      1min);
  for (const char* text : {"x",
                           "x + on (a) y",
                           "x > 4",
                           "sum(x)",
                           "topk(1, x)",
                           "rate(x[3m])",
                           "absent(x{a=\"1\"})",
                           "absent_over_time(x{a=\"1\"}[90s])",
                           "max_over_time(x[4m:30s])",
                           "count_values(\"v\", x)",
                           "quantile(0.3, x)",
                           "scalar(y) + time()",
                           "x @ end() or y",
                           "timestamp(x)",
                           "vector(time())",
                           "label_replace(x, \"b\", \"v$1\", \"a\", \"(.*)\")",
                           "y unless on (a) x",
                           "hour()",
                           "histogram_quantile(0.5, sum by (le) (x))",
                           "sum_over_time(x[3m] offset 1m)",
                           "-x"}) {
    const auto expression = Parse(text);
    ASSERT_TRUE(expression.ok()) << text;
    const Timestamp end = kTimeZero + 25min;
    const auto matrix = EvaluateRange(*expression, source, kTimeZero, end, 1min, {});
    ASSERT_TRUE(matrix.ok()) << text << ": " << matrix.status().ToString();
    for (Timestamp at = kTimeZero; at <= end; at += 1min) {
      Vector column;
      for (const SeriesData& series : *matrix) {
        for (const Sample& sample : series.samples) {
          if (sample.at == at) column.push_back({series.labels, at, sample.value});
        }
      }
      std::string at_instant = EvaluateText(text, source, at.time_since_epoch());
      if (std::string_view(text).find("@ end()") != std::string_view::npos) continue;
      if (expression->ToString().starts_with("scalar")) at_instant = "{} " + at_instant;
      EXPECT_EQ(Show(Value(column)), at_instant) << text << " at " << ToMillis(at);
    }
  }
}

TEST(Evaluate, KeepsToItsLimits) {
  const NotedSource source("x{a=\"1\"} 0x100\nx{a=\"2\"} 0x100\n", 1min);
  EvalLimits limits;
  limits.max_operations = 1000;
  EXPECT_THAT(EvaluateText("sum_over_time(x[1h:1s])", source, 1h, limits),
              HasSubstr("more than 1000 operations (max_operations)"));
  EXPECT_THAT(EvaluateText("vector(1)[100y:1ms]", source, 1h, limits), HasSubstr("max_operations"));
  limits = {};
  limits.select.max_series = 1;
  EXPECT_THAT(EvaluateText("x", source, 1h, limits), HasSubstr("max_series"));
  const auto x = Parse("x");
  const auto long_range = EvaluateRange(*x, source, kTimeZero, kTimeZero + 24h, 1s, {});
  EXPECT_EQ(long_range.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(long_range.status().message(), HasSubstr("max_steps"));
}

TEST(Evaluate, RefusesRangeQueriesThatMakeNoSense) {
  const NotedSource source("x 1\n", 1min);
  const auto x = Parse("x");
  const auto matrix = Parse("x[5m]");
  EXPECT_FALSE(EvaluateRange(*x, source, kTimeZero, kTimeZero + 1h, 0s, {}).ok());
  EXPECT_FALSE(EvaluateRange(*x, source, kTimeZero + 1h, kTimeZero, 1s, {}).ok());
  EXPECT_THAT(EvaluateRange(*matrix, source, kTimeZero, kTimeZero, 1s, {}).status().message(),
              HasSubstr("not a range vector"));
}

}  // namespace
}  // namespace forewarn::promql
