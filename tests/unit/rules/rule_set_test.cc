#include "rules/rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forewarn {
namespace {

using ::testing::ElementsAre;

std::vector<PreparedGroup> Prepare(std::string_view rules) {
  RuleFiles files = ParseRuleFile("r.yaml", "groups:\n- name: g\n  rules:\n" + std::string(rules));
  EXPECT_TRUE(files.status().ok()) << files.status().message();
  return PrepareRules(std::move(files.groups), files.detectors);
}

std::vector<bool> PerRound(const std::vector<PreparedGroup>& groups) {
  std::vector<bool> per_round;
  for (const PreparedRule& rule : groups[0].rules) per_round.push_back(rule.per_round);
  return per_round;
}

std::vector<std::string> RootsOf(const PreparedRule& rule) {
  std::vector<std::string> roots;
  for (const Matchers& selector : rule.roots) {
    std::string text;
    for (const Matcher& matcher : selector) text += (text.empty() ? "" : ",") + matcher.ToString();
    roots.push_back(text);
  }
  return roots;
}

TEST(RuleSet, RunsARulePerRoundWhenItKeepsTheProbe) {
  auto groups = Prepare(
      "  - {alert: A, expr: x > 1}\n  - {alert: B, expr: sum(x) > 1}\n"
      "  - {alert: C, expr: sum by (probe) (x) > 1}\n  - {alert: D, expr: absent(x)}\n");
  EXPECT_THAT(PerRound(groups), ElementsAre(true, false, true, false));
  EXPECT_TRUE(groups[0].has_grid_rules);
}

TEST(RuleSet, PutsReadersOfGridRecordingsOnTheGridHoweverFarAway) {
  auto groups = Prepare(
      "  - {alert: A, expr: 'c:x > 1'}\n  - {record: 'c:x', expr: 'b:x + 1'}\n"
      "  - {record: 'b:x', expr: 'a:x + 1'}\n  - {record: 'a:x', expr: sum(x)}\n"
      "  - {alert: B, expr: y > 1}\n  - {alert: C, expr: '{__name__=~\"a:.*\"} > 1'}\n");
  EXPECT_THAT(PerRound(groups), ElementsAre(false, false, false, false, true, false));
}

TEST(RuleSet, FindsTheRawSeriesBehindRecordedOnes) {
  auto groups = Prepare(
      "  - {record: 'a:x', expr: 'rate(x[5m])'}\n  - {record: 'b:x', expr: 'a:x / y'}\n"
      "  - {alert: A, expr: 'b:x > 1 and z == 0'}\n");
  EXPECT_THAT(RootsOf(groups[0].rules[2]),
              ElementsAre("__name__=\"x\"", "__name__=\"y\"", "__name__=\"z\""));
}

TEST(RuleSet, PutsReadersOfTheAlertsOfAGridRuleOnTheGrid) {
  auto groups = Prepare(
      "  - {alert: Each, expr: x > 1}\n  - {alert: All, expr: sum(x) > 1}\n"
      "  - {alert: A, expr: 'ALERTS{alertname=\"Each\"} == 1'}\n"
      "  - {alert: B, expr: 'ALERTS{alertname=\"All\"} == 1'}\n"
      "  - {alert: C, expr: 'time() - ALERTS_FOR_STATE > 60'}\n"
      "  - {alert: D, expr: 'ALERTS{alertname=\"A\"} == 1'}\n"
      "  - {alert: E, expr: 'ALERTS{alertname=\"B\"} == 1'}\n");
  EXPECT_THAT(PerRound(groups), ElementsAre(true, false, true, false, false, true, false));
}

TEST(RuleSet, FindsTheSeriesBehindAlerts) {
  auto groups = Prepare(
      "  - {alert: A, expr: x > 1}\n  - {alert: B, expr: y > 1}\n"
      "  - {alert: C, expr: 'ALERTS{alertname=\"A\",alertstate=\"firing\"} == 1'}\n"
      "  - {alert: D, expr: 'ALERTS{alertname=\"other\"} == 1'}\n");
  EXPECT_THAT(RootsOf(groups[0].rules[2]), ElementsAre("__name__=\"x\""));
  EXPECT_THAT(RootsOf(groups[0].rules[3]), ElementsAre("__name__=\"ALERTS\",alertname=\"other\""));
}

TEST(RuleSet, EndsWhereRecordingsReadThemselves) {
  auto groups = Prepare("  - {record: 'a:x', expr: 'a:x + x'}\n");
  EXPECT_THAT(RootsOf(groups[0].rules[0]), ElementsAre("__name__=\"x\""));
}

TEST(RuleSet, KeepsTheKeyOfARuleWhoseExpressionChanges) {
  auto key = [](std::string_view rule) { return Prepare(rule)[0].rules[0].key; };
  Fingerprint plain = key("  - {alert: A, expr: x > 1}\n");
  EXPECT_EQ(plain, key("  - {alert: A, expr: x > 2, for: 5m}\n"));
  EXPECT_NE(plain, key("  - {alert: B, expr: x > 1}\n"));
  EXPECT_NE(plain, key("  - {alert: A, expr: x > 1, labels: {severity: info}}\n"));
  EXPECT_NE(plain, key("  - {alert: A, expr: sum(x) > 1}\n")) << "it moved to the grid";
}

TEST(RuleSet, TellsTwinsApart) {
  auto groups = Prepare("  - {alert: A, expr: x > 1}\n  - {alert: A, expr: x > 2}\n");
  EXPECT_NE(groups[0].rules[0].key, groups[0].rules[1].key);
}

}  // namespace
}  // namespace forewarn
