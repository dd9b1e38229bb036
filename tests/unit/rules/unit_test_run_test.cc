#include "rules/unit_test_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> RunTests(std::string_view rules, const std::string& tests) {
  RuleFiles rule_files = ParseRuleFile("r.yaml", rules);
  EXPECT_TRUE(rule_files.status().ok()) << rule_files.status().message();
  UnitTestFile file = ParseUnitTestFile("t.yaml", tests);
  EXPECT_TRUE(file.status().ok()) << file.status().message();
  UnitTestRunner runner(rule_files, file.group_eval_order, file.evaluation_interval);
  std::vector<std::string> failures;
  for (size_t i = 0; i < file.tests.size(); ++i) {
    for (std::string& failure : runner.Run(file.tests[i], i + 1)) failures.push_back(failure);
  }
  return failures;
}

constexpr char kDown[] = R"(
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    keep_firing_for: 2m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.host }} has {{ $value }}"}
)";

TEST(UnitTestRun, AnAlertFiresOnceItsForHasPassedAndIsKeptFiring) {
  EXPECT_THAT(RunTests(kDown, R"(
tests:
- input_series: [{series: 'up{host="a"}', values: '1 0 0 0 1 1 1 1'}]
  alert_rule_test:
  - {eval_time: 2m, alertname: Down}
  - {eval_time: 3m, alertname: Down, exp_alerts: [{exp_labels: {host: a, severity: page}, exp_annotations: {summary: a has 0}}]}
  - {eval_time: 5m30s, alertname: Down, exp_alerts: [{exp_labels: {host: a, severity: page}, exp_annotations: {summary: a has 0}}]}
  - {eval_time: 6m, alertname: Down}
)"),
              IsEmpty());
}

TEST(UnitTestRun, WhatFailsIsSaidInPromtoolsWords) {
  EXPECT_THAT(
      RunTests(kDown, R"(
tests:
- name: wrong
  input_series: [{series: 'up{host="a"}', values: '0x5'}]
  alert_rule_test:
  - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {host: a}}]}
  promql_expr_test:
  - {expr: 'up{host="a"}', eval_time: 1m30s, exp_samples: [{labels: up, value: 2}]}
- promql_expr_test: [{expr: 'up', exp_samples: [{value: 1}]}, {expr: 'up[5m]'}]
)"),
      ElementsAre("    name: wrong,\n"
                  "    alertname: Down, time: 1m, \n"
                  "        exp:[\n"
                  "            0:\n"
                  "              Labels:{alertname=\"Down\", host=\"a\"}\n"
                  "              Annotations:{}\n"
                  "            ], \n"
                  "        got:[]",
                  "    name: wrong,\n"
                  "    expr: \"up{host=\\\"a\\\"}\", time: 1m30s,\n"
                  "        exp: {__name__=\"up\"} 2E+00\n"
                  "        got: {__name__=\"up\", host=\"a\"} 0E+00",
                  "    test: 2,\n"
                  "    expr: \"up\", time: 0s,\n"
                  "        exp: {} 1E+00\n"
                  "        got: nil",
                  AllOf(HasSubstr("test: 2"), HasSubstr("expr: \"up[5m]\", time: 0s, err: "))));
}

TEST(UnitTestRun, RulesReadWhatThoseBeforeThemRecorded) {
  EXPECT_THAT(RunTests(R"(
groups:
- name: second
  rules:
  - {record: c, expr: b + 1}
- name: first
  rules:
  - {record: a, expr: x * 2}
  - {record: b, expr: a + 1, labels: {l: "1"}}
)",
                       R"(
group_eval_order: [first, second]
tests:
- input_series: [{series: x, values: '1 2 stale 4'}]
  promql_expr_test:
  - {expr: c, eval_time: 1m, exp_samples: [{labels: 'c{l="1"}', value: 6}]}
  - {expr: c, eval_time: 2m}
  - {expr: 'count_over_time(c[10m])', eval_time: 3m, exp_samples: [{labels: '{l="1"}', value: 3}]}
)"),
              IsEmpty());
}

TEST(UnitTestRun, GroupsOfNoOrderComeAsInTheFile) {
  constexpr char kRules[] =
      "groups:\n- name: a\n  rules: [{record: y, expr: z}]\n- name: b\n  rules: [{record: z, expr: "
      "x}]\n";
  const std::string test =
      "tests:\n- input_series: [{series: x, values: '1 2'}]\n  promql_expr_test:\n"
      "  - {expr: y, eval_time: 1m, exp_samples: [{labels: y, value: 1}]}\n";
  EXPECT_THAT(RunTests(kRules, test), IsEmpty());
  EXPECT_THAT(RunTests(kRules, "group_eval_order: [b, a]\n" + test),
              ElementsAre(HasSubstr("got: {__name__=\"y\"} 2")));
}

TEST(UnitTestRun, LabelsThatTheCollectorAddsAreThoseOfTheTest) {
  EXPECT_THAT(RunTests(R"(
groups:
- name: g
  rules:
  - {record: a, expr: x}
  - {alert: A, expr: x}
)",
                       R"(
tests:
- input_series: [{series: 'x{customer="c",probe="p"}', values: '1'}, {series: x, values: '1'}]
  alert_rule_test:
  - {alertname: A, exp_alerts: [{exp_labels: {}}, {exp_labels: {customer: c, probe: p}}]}
  promql_expr_test:
  - {expr: a, exp_samples: [{labels: 'a{customer="c",probe="p"}', value: 1}, {labels: a, value: 1}]}
)"),
              IsEmpty());
}

TEST(UnitTestRun, AlertsLeaveTheirSeries) {
  EXPECT_THAT(RunTests(kDown, R"(
tests:
- input_series: [{series: 'up{host="a"}', values: '1 0x4 1x9'}]
  promql_expr_test:
  - {expr: ALERTS, eval_time: 1m, exp_samples: [{labels: 'ALERTS{alertname="Down",alertstate="pending",host="a",severity="page"}', value: 1}]}
  - {expr: ALERTS, eval_time: 4m, exp_samples: [{labels: 'ALERTS{alertname="Down",alertstate="firing",host="a",severity="page"}', value: 1}]}
  - {expr: ALERTS_FOR_STATE, eval_time: 4m, exp_samples: [{labels: 'ALERTS_FOR_STATE{alertname="Down",host="a",severity="page"}', value: 60}]}
  - {expr: ALERTS, eval_time: 9m}
)"),
              IsEmpty());
}

TEST(UnitTestRun, SubqueriesWithoutAStepTakeThatOfEvaluation) {
  EXPECT_THAT(RunTests("groups: []\n", R"(
evaluation_interval: 30s
tests:
- interval: 30s
  input_series: [{series: x, values: '0+1x20'}]
  promql_expr_test: [{expr: 'count_over_time(x[2m:])', eval_time: 5m, exp_samples: [{labels: '{}', value: 5}]}]
)"),
              IsEmpty());
}

TEST(UnitTestRun, NearlyEqualIsEqualAndNoMore) {
  EXPECT_THAT(RunTests("groups: []\n", R"(
tests:
- input_series: [{series: x, values: 'NaN'}]
  promql_expr_test:
  - {expr: '0.1 + 0.2', exp_samples: [{value: 0.3}]}
  - {expr: 'x', exp_samples: [{labels: x, value: .nan}]}
  - {expr: 'vector(0)', exp_samples: [{value: -0.0}]}
)"),
              IsEmpty());
  for (const char* wrong :
       {"{expr: '1', exp_samples: [{value: 1.00000000001}]}",
        "{expr: '1 / 0', exp_samples: [{value: -.inf}]}",
        "{expr: '1 / 0', exp_samples: [{value: 1}]}", "{expr: '1', exp_samples: [{value: .inf}]}",
        "{expr: '1', exp_samples: [{value: .nan}]}"}) {
    const std::string tests = fmt::format("tests: [{{promql_expr_test: [{}]}}]\n", wrong);
    EXPECT_EQ(RunTests("groups: []\n", tests).size(), 1u) << wrong;
  }
}

TEST(UnitTestRun, ARuleThatFailsEndsTheTest) {
  EXPECT_THAT(RunTests("groups:\n- name: g\n  limit: 1\n  rules: [{record: a, expr: x}]\n", R"(
tests:
- input_series: [{series: 'x{i="1"}', values: '1 1'}, {series: 'x{i="2"}', values: '_ 1'}]
  promql_expr_test: [{expr: a, eval_time: 1m}]
)"),
              ElementsAre(AllOf(HasSubstr("rule: a, time: 1m, err: 2 results"))));
  // Two rules that record the same series differ at the same time.
  EXPECT_THAT(
      RunTests(
          "groups:\n- name: g\n  rules: [{record: a, expr: x}, {record: a, expr: x + 1}]\n",
          "tests: [{input_series: [{series: x, values: '1'}], promql_expr_test: [{expr: a}]}]\n"),
      ElementsAre(HasSubstr("rule: a, time: 0s, err: a has another value")));
}

TEST(UnitTestRun, SamplesBehindTheLastInstantAreNotThereYet) {
  EXPECT_THAT(RunTests("groups: []\n", R"(
tests:
- input_series: [{series: x, values: '1 2 3'}]
  promql_expr_test: [{expr: 'x offset -1m', eval_time: 1m30s, exp_samples: [{labels: x, value: 2}]}]
)"),
              IsEmpty());
}

constexpr char kForecast[] = R"(
detectors:
- record: left
  forecast: {series: free, reaches: 0, min_history: 10m, block: 1m}
groups:
- name: g
  rules: [{alert: Fills, expr: 'left < 7200'}]
)";

TEST(UnitTestRun, DetectorsRunToo) {
  EXPECT_THAT(RunTests(kForecast, R"(
tests:
- input_series: [{series: 'free{d="a"}', values: '100-1x60'}]
  alert_rule_test: [{eval_time: 1h, alertname: Fills, exp_alerts: [{exp_labels: {d: a}}]}]
)"),
              IsEmpty());
}

TEST(UnitTestRun, DetectorsWatchWhatRulesRecord) {
  EXPECT_THAT(RunTests(R"(
detectors:
- record: left
  forecast: {series: half, reaches: 0, min_history: 10m, block: 1m}
groups:
- name: g
  rules: [{record: half, expr: free / 2}, {alert: Fills, expr: 'left <= 2400'}]
)",
                       R"(
tests:
- input_series: [{series: 'free{d="a"}', values: '100-1x60'}]
  alert_rule_test:
  - {eval_time: 59m, alertname: Fills}
  - {eval_time: 1h, alertname: Fills, exp_alerts: [{exp_labels: {d: a}}]}
)"),
              IsEmpty());
}

TEST(UnitTestRun, ADetectorWhoseSeriesTheTestGivesIsLeftOut) {
  EXPECT_THAT(RunTests(kForecast, R"(
tests:
- input_series: [{series: 'free{d="a"}', values: '100-1x60'}, {series: 'left{d="b"}', values: '60x60'}]
  alert_rule_test: [{eval_time: 1h, alertname: Fills, exp_alerts: [{exp_labels: {d: b}}]}]
)"),
              IsEmpty());
}

TEST(UnitTestRun, ATestSaysWhatIsAroundTheRules) {
  EXPECT_THAT(RunTests(R"(
groups:
- name: g
  rules: [{alert: A, expr: x, annotations: {a: "{{ $externalLabels.zone }} {{ .ExternalURL }}"}}]
)",
                       R"(
tests:
- input_series: [{series: x, values: '1'}]
  external_labels: {zone: b}
  external_url: https://example.com
  alert_rule_test: [{alertname: A, exp_alerts: [{exp_annotations: {a: b https://example.com}}]}]
- input_series: [{series: x, values: '1'}]
  alert_rule_test: [{alertname: A, exp_alerts: [{exp_annotations: {a: " "}}]}]
)"),
              IsEmpty());
}

TEST(UnitTestRun, ARuleIsTestedAsItIsForCustomersWithoutNumbersOfTheirOwnAndOutOfTheShadow) {
  EXPECT_THAT(RunTests(R"(
groups:
- name: g
  rules:
  - alert: A
    expr: x > scalar(threshold:x)
    forewarn:
      shadow: true
      thresholds: {x: 5}
      overrides: [{customer: acme, x: 1}]
)",
                       R"(
tests:
- input_series: [{series: x, values: '3 7'}]
  alert_rule_test: [{alertname: A}, {eval_time: 1m, alertname: A, exp_alerts: [{}]}]
)"),
              IsEmpty());
}

TEST(UnitTestRun, AnEndOutOfReachIsRefused) {
  EXPECT_THAT(
      RunTests(
          "groups: []\n",
          "evaluation_interval: 1ms\ntests: [{promql_expr_test: [{expr: '1', eval_time: 1y}]}]\n"),
      ElementsAre(HasSubstr("evaluation intervals away; at most 2000000 are run")));
}

TEST(UnitTestRun, AlertsThatNoRuleHasAreNamed) {
  UnitTestFile file = ParseUnitTestFile(
      "t", "tests: [{alert_rule_test: [{alertname: Down}, {alertname: Dwon}]}]\n");
  UnitTestRunner runner(ParseRuleFile("r", kDown), {}, 1min);
  EXPECT_THAT(runner.FindUnknownAlerts(file.tests), ElementsAre("Dwon"));
}

}  // namespace
}  // namespace forewarn
