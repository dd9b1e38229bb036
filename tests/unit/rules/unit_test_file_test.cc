#include "rules/unit_test_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> MistakesIn(std::string_view text) {
  std::vector<std::string> mistakes;
  for (const RuleMistake& mistake : ParseUnitTestFile("t.yaml", text).mistakes)
    mistakes.push_back(mistake.ToString());
  return mistakes;
}

TEST(UnitTestFile, ReadsAllOfTheFormat) {
  UnitTestFile file = ParseUnitTestFile("t.yaml", R"(
rule_files: [a.yaml, 'more/*.yaml']
evaluation_interval: 30s
group_eval_order: [second, first]
tests:
- name: a disk
  interval: 10s
  input_series:
  - {series: 'free{host="a"}', values: '5 _ 3+1x2 stale'}
  alert_rule_test:
  - eval_time: 1m30s
    alertname: Full
    exp_alerts:
    - exp_labels: {severity: page, host: a, alertname: Other}
      exp_annotations: {summary: full, count: 5}
  promql_expr_test:
  - expr: sum(free)
    eval_time: 1m
    exp_samples: [{labels: '{}', value: -2.5e3}, {labels: 'free{host="b"}', value: .inf}]
  external_labels: {cluster: x}
  external_url: https://example.com
)");
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_THAT(file.rule_files, ElementsAre("a.yaml", "more/*.yaml"));
  EXPECT_EQ(file.evaluation_interval, 30s);
  EXPECT_THAT(file.group_eval_order, ElementsAre("second", "first"));
  ASSERT_EQ(file.tests.size(), 1u);
  const UnitTest& test = file.tests[0];
  EXPECT_EQ(test.name, "a disk");
  EXPECT_EQ(test.interval, 10s);
  ASSERT_EQ(test.input_series.size(), 1u);
  EXPECT_EQ(test.input_series[0].values.size(), 6u);
  ASSERT_EQ(test.alert_tests.size(), 1u);
  EXPECT_EQ(test.alert_tests[0].eval_time, 90s);
  EXPECT_THAT(
      test.alert_tests[0].alerts,
      ElementsAre(ExpectedAlert{{{"alertname", "Full"}, {"host", "a"}, {"severity", "page"}},
                                {{"count", "5"}, {"summary", "full"}}}));
  ASSERT_EQ(test.expression_tests.size(), 1u);
  EXPECT_EQ(test.expression_tests[0].text, "sum(free)");
  ASSERT_EQ(test.expression_tests[0].samples.size(), 2u);
  EXPECT_EQ(test.expression_tests[0].samples[0].value, -2500);
  EXPECT_EQ(test.expression_tests[0].samples[1].labels,
            (Labels{{"__name__", "free"}, {"host", "b"}}));
  EXPECT_TRUE(std::isinf(test.expression_tests[0].samples[1].value));
  EXPECT_EQ(test.external_labels, (Labels{{"cluster", "x"}}));
  EXPECT_EQ(test.external_url, "https://example.com");
}

TEST(UnitTestFile, TheIntervalOfSeriesIsThatOfEvaluationUnlessItIsGiven) {
  EXPECT_EQ(ParseUnitTestFile("t", "tests: [{name: a}]\n").tests[0].interval, 1min);
  EXPECT_EQ(
      ParseUnitTestFile("t", "tests: [{name: a}]\nevaluation_interval: 5s\n").tests[0].interval,
      5s);
}

TEST(UnitTestFile, AnEmptyFileHasNoTests) {
  EXPECT_TRUE(ParseUnitTestFile("t.yaml", "").status().ok());
  EXPECT_THAT(ParseUnitTestFile("t.yaml", "").tests, IsEmpty());
}

TEST(UnitTestFile, EveryMistakeHasItsPlace) {
  EXPECT_THAT(
      MistakesIn("rule_file: [a]\n"
                 "evaluation_interval: ''\n"
                 "group_eval_order: [a, a]\n"
                 "tests:\n"
                 "- intervall: 1m\n"
                 "  input_series:\n"
                 "  - {series: 'a{b=1}', values: '1 2y'}\n"
                 "  - {values: '1'}\n"
                 "  alert_rule_test:\n"
                 "  - {eval_time: 5, exp_alerts: [{exp_label: {}}]}\n"
                 "  promql_expr_test:\n"
                 "  - {expr: 'rat(x[5m])', exp_samples: [{labels: 'a', value: '5'}]}\n"
                 "  - {eval_time: 1m}\n"),
      ElementsAre(
          HasSubstr("t.yaml:1:1: unknown key 'rule_file'"),
          HasSubstr("t.yaml:2:22: 'evaluation_interval' is empty"),
          HasSubstr("t.yaml:3:23: the group 'a' is given twice"),
          HasSubstr("t.yaml:5:3: unknown key 'intervall' in the test; did you mean 'interval'?"),
          HasSubstr("t.yaml:7:19: "), HasSubstr("t.yaml:7:35: '2y' is no value"),
          HasSubstr("t.yaml:8:5: the input series has no 'series'"),
          HasSubstr("t.yaml:10:17: 'eval_time'"),
          HasSubstr("t.yaml:10:5: the alert_rule_test has no 'alertname'"),
          HasSubstr("t.yaml:10:34: unknown key 'exp_label'"),
          HasSubstr("t.yaml:12:13: unknown function 'rat'"),
          HasSubstr("t.yaml:12:61: 'value' must be a number"),
          HasSubstr("t.yaml:13:5: the promql_expr_test has no 'expr'")));
}

TEST(UnitTestFile, AMistakeLeavesNothingElse) {
  UnitTestFile file = ParseUnitTestFile("t.yaml", "tests: [{name: a}, {nam: b}]\n");
  EXPECT_FALSE(file.status().ok());
  EXPECT_THAT(file.tests, IsEmpty());
}

TEST(UnitTestFile, ValuesAreNumbersAsYamlWritesThem) {
  auto value_of = [](const std::string& text) -> std::optional<double> {
    UnitTestFile file = ParseUnitTestFile(
        "t", "tests: [{promql_expr_test: [{expr: a, exp_samples: [{labels: a, value: " + text +
                 "}]}]}]\n");
    if (!file.mistakes.empty()) return std::nullopt;
    return file.tests[0].expression_tests[0].samples[0].value;
  };
  EXPECT_EQ(value_of("7"), 7);
  EXPECT_EQ(value_of("+1.5E-3"), 0.0015);
  EXPECT_EQ(value_of(".5"), 0.5);
  EXPECT_EQ(value_of("1_000"), 1000);
  EXPECT_EQ(value_of("0x1F"), 31);
  EXPECT_EQ(value_of("010"), 8);
  EXPECT_EQ(value_of("-.inf"), -INFINITY);
  EXPECT_TRUE(std::isnan(*value_of(".nan")));
  EXPECT_EQ(value_of("~"), 0);
  for (const char* wrong : {"NaN", "Inf", "'5'", "\"5\"", "five", "1e400", "[1]", "--1"})
    EXPECT_EQ(value_of(wrong), std::nullopt) << wrong;
}

TEST(UnitTestFile, TheValuesOfAllSeriesTogetherAreBounded) {
  std::string text = "tests:\n- input_series:\n";
  for (size_t i = 0; i < kMaxUnitTestValues / 999'999; ++i)
    text += "  - {series: a, values: '1x999998'}\n";
  EXPECT_THAT(MistakesIn(text), IsEmpty());
  text += "  - {series: a, values: '1x99'}\n";
  text += "  - {series: a, values: '1x99'}\n";
  EXPECT_THAT(MistakesIn(text), ElementsAre(HasSubstr("at most 5000000 values together")))
      << "once, and what comes then is not read";
}

TEST(UnitTestFile, IsKnownByItsKeys) {
  EXPECT_TRUE(IsUnitTestFile("rule_files: [a]\n"));
  EXPECT_TRUE(IsUnitTestFile("tests: []\nnonsense: 5\n"));
  EXPECT_FALSE(IsUnitTestFile("groups: []\n"));
  EXPECT_FALSE(IsUnitTestFile("groups: []\ntests: []\n"));
  EXPECT_FALSE(IsUnitTestFile(""));
}

}  // namespace
}  // namespace forewarn
