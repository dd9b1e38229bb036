#include "rules/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);
const ScopeLabels kScope = {"acme", "plant", ""};

PreparedGroup Prepare(std::string_view rules) {
  RuleFiles files = ParseRuleFile("r.yaml", "groups:\n- name: g\n  rules:\n" + std::string(rules));
  EXPECT_TRUE(files.status().ok()) << files.status().message();
  return std::move(PrepareRules(std::move(files.groups), files.detectors)[0]);
}

StatusOr<std::vector<AlertResult>> Alerts(const PreparedGroup& group, const FakeSource& source) {
  promql::Budget budget = RuleBudget();
  return EvaluateAlerts(group, group.rules.back(), source, kScope, kStart, {}, budget);
}

TEST(EvaluateAlerts, PutsLabelsTogether) {
  FakeSource source;
  source.Write(R"(x{disk="1",severity="none"} 5)", kStart, 1min);
  PreparedGroup group =
      Prepare("  - {alert: A, expr: x > 1, labels: {severity: error, v: '{{ $value }}'}}\n");
  auto results = Alerts(group, source);
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1u);
  EXPECT_EQ((*results)[0].labels, (Labels{{"alertname", "A"},
                                          {"customer", "acme"},
                                          {"disk", "1"},
                                          {"installation", "plant"},
                                          {"severity", "error"},
                                          {"v", "5"}}));
  EXPECT_EQ((*results)[0].result, (Labels{{"disk", "1"}, {"severity", "none"}}));
}

TEST(EvaluateAlerts, TakesAScalarAsOneResult) {
  FakeSource source;
  EXPECT_EQ(Alerts(Prepare("  - {alert: A, expr: '1'}\n"), source)->size(), 1u);
}

TEST(EvaluateAlerts, RefusesTwoResultsWithTheSameLabels) {
  FakeSource source;
  source.Write(R"(x{disk="1"} 5)", kStart, 1min);
  source.Write(R"(x{disk="2"} 5)", kStart, 1min);
  auto results = Alerts(Prepare("  - {alert: A, expr: x > 1, labels: {disk: all}}\n"), source);
  ASSERT_FALSE(results.ok());
  EXPECT_THAT(results.status().message(), HasSubstr("the same labels"));
}

TEST(EvaluateAlerts, RefusesMoreAlertsThanAnybodyHandles) {
  FakeSource source;
  PreparedGroup group = Prepare("  - {alert: A, expr: x}\n");
  for (size_t i = 0; i < kAlertsMax; ++i) {
    source.Write(Labels{{"__name__", "x"}, {"i", std::to_string(i)}}, {kStart, 1});
  }
  EXPECT_EQ(Alerts(group, source)->size(), kAlertsMax);
  source.Write(Labels{{"__name__", "x"}, {"i", "more"}}, {kStart, 1});
  EXPECT_THAT(Alerts(group, source).status().message(),
              HasSubstr("10001 results, more alerts than the 10000"));
}

TEST(EvaluateAlerts, GivesAlertsWithoutTheirTextsWhenTheseAreTooMuchWork) {
  FakeSource source;
  for (size_t i = 0; i < 200; ++i) {
    source.Write(Labels{{"__name__", "x"}, {"i", std::to_string(1000 + i)}}, {kStart, 1});
  }
  PreparedGroup group = Prepare(
      "  - alert: A\n    expr: x\n    annotations:\n      a: '{{ range query \"x\" }}{{ range "
      "query "
      "\"x\" }}{{ end }}{{ end }}'\n");
  auto alerts = Alerts(group, source);
  ASSERT_EQ(alerts->size(), 200u);
  EXPECT_EQ(alerts->front().annotations[0].second, "");
  EXPECT_EQ(alerts->back().annotations[0].second,
            "<error expanding template: the texts of this rule's alerts are too much work>");
}

TEST(EvaluateAlerts, SaysInTheTextThatATemplateFailed) {
  FakeSource source;
  source.Write(R"(x{disk="one"} 5)", kStart, 1min);
  auto results = Alerts(
      Prepare("  - {alert: A, expr: x, annotations: {summary: '{{ $labels.disk | humanize }}'}}\n"),
      source);
  ASSERT_TRUE(results.ok());
  EXPECT_THAT((*results)[0].annotations[0].second, HasSubstr("<error expanding template"));
}

TEST(EvaluateAlerts, PredictsTheFirstFailureThatBearsOnTheResult) {
  FakeSource source;
  source.Write(R"(x{disk="1"} 5)", kStart, 1min);
  source.Write(R"(x{disk="2"} 5)", kStart, 1min);
  source.Write(R"(x{disk="3"} 5)", kStart, 1min);
  source.Write(R"(left{disk="1",part="a"} 900)", kStart, 1min);
  source.Write(R"(left{disk="1",part="b"} 600)", kStart, 1min);
  source.Write(R"(left{disk="2"} +Inf)", kStart, 1min);
  source.Write(R"(left{disk="3"} -5)", kStart, 1min);
  auto results = Alerts(Prepare("  - {record: left, expr: x}\n"
                                "  - {alert: A, expr: x > 1, forewarn: {predicts: left}}\n"),
                        source);
  ASSERT_TRUE(results.ok()) << results.status().message();
  EXPECT_EQ((*results)[0].predicted_breach, kStart + 10min);
  EXPECT_EQ((*results)[1].predicted_breach, std::nullopt);
  EXPECT_EQ((*results)[2].predicted_breach, std::nullopt);
}

TEST(EvaluateRecording, NamesItsSeriesAndKeepsThemApart) {
  FakeSource source;
  source.Write(R"(x{disk="1"} 5)", kStart, 1min);
  PreparedGroup group = Prepare("  - {record: 'a:x', expr: sum(x), labels: {by: all}}\n");
  promql::Budget budget = RuleBudget();
  auto results = EvaluateRecording(group, group.rules[0], source, kScope, kStart, {}, budget);
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1u);
  EXPECT_EQ(
      (*results)[0].labels,
      (Labels{
          {"__name__", "a:x"}, {"by", "all"}, {"customer", "acme"}, {"installation", "plant"}}));
}

}  // namespace
}  // namespace forewarn
