#include "rules/read_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ReadRule, ChecksTemplates) {
  std::vector<std::string> mistakes = MistakesOf(
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n"
      "      summary: 'full in {{ $value | humanizeDurations }}'\n");
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_THAT(mistakes[0], HasSubstr("r.yaml:7:"));
  EXPECT_THAT(mistakes[0], HasSubstr("humanizeDurations"));
}

TEST(ReadRule, RefusesSeverityTwice) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                         "    labels: {severity: info}\n    forewarn: {severity: error}\n"),
              ElementsAre(HasSubstr("r.yaml:7:5: severity is given twice")));
}

TEST(ReadRule, PutsAlertsAloneInShadow) {
  auto with = [](std::string_view rule) {
    return "groups:\n- name: g\n  rules:\n  - " + std::string(rule) + "\n    expr: up\n";
  };
  RuleFiles files = ParseRuleFile("r.yaml", with("alert: A\n    forewarn: {shadow: true}"));
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  EXPECT_TRUE(files.groups[0].rules[0].forewarn.shadow);
  EXPECT_THAT(MistakesOf(with("alert: A\n    forewarn: {shadow: maybe}")),
              ElementsAre("r.yaml:5:24: 'shadow' must be true or false, not 'maybe'"));
  EXPECT_THAT(
      MistakesOf(with("record: a\n    forewarn: {shadow: true}")),
      ElementsAre("r.yaml:5:5: a recording rule cannot have 'forewarn'; it is for everybody and "
                  "warns nobody"));
}

TEST(ReadRule, TellsAMistakeOnce) {
  EXPECT_THAT(
      MistakesOf("groups:\n- name: g\n  rules:\n  - {alert: [a], expr: up}\n"
                 "  - {record: {a: b}, expr: up}\n  - {alert: A, expr: [up]}\n"
                 "detectors:\n- {record: d, forecast: {series: x, block: 2}}\n"),
      ElementsAre("r.yaml:4:13: 'alert' must be a text", "r.yaml:5:14: 'record' must be a text",
                  "r.yaml:6:22: 'expr' must be a text", HasSubstr("r.yaml:8:44: 'block': ")));
}

// What is wrong with a file of this text that is to be applied.
std::vector<std::string> SlipsOf(std::string_view text) {
  BundleFile file = {"r.yaml", std::string(text)};
  std::vector<std::string> slips;
  for (const RuleMistake& mistake :
       CheckRuleFiles({&file, 1}, {{"disk_will_fill", "generic"}}).mistakes) {
    slips.push_back(mistake.ToString());
  }
  EXPECT_TRUE(ParseRuleFiles({&file, 1}).mistakes.empty()) << "what is in force still loads";
  return slips;
}

TEST(ReadRule, RefusesADurationThatIsEmptyBeforeItIsApplied) {
  EXPECT_THAT(SlipsOf("groups:\n- name: g\n  rules:\n  - {alert: A, expr: up, for: ''}\n"),
              ElementsAre("r.yaml:4:31: 'for' is empty; write a duration such as 5m"));
}

TEST(ReadRule, RefusesAWarningThatThereIsNotBeforeItIsApplied) {
  auto with = [](std::string_view warning) {
    return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    forewarn: {warning: " +
           std::string(warning) + "}\n";
  };
  EXPECT_THAT(SlipsOf(with("disk_will_fill")), ElementsAre());
  EXPECT_THAT(SlipsOf(with("warning.disk_will_fill")), ElementsAre());
  EXPECT_THAT(SlipsOf(with("disk_wil_fill")),
              ElementsAre("r.yaml:6:25: there is no text 'disk_wil_fill' for customers; did you "
                          "mean 'disk_will_fill'?"));
  EXPECT_THAT(SlipsOf(with("flood")), ElementsAre("r.yaml:6:25: there is no text 'flood' for "
                                                  "customers; there is disk_will_fill, generic"));
}

TEST(ReadRule, RefusesASlipOfASeverityBeforeItIsApplied) {
  auto with = [](std::string_view severity) {
    return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {severity: '" +
           std::string(severity) + "'}\n";
  };
  EXPECT_THAT(SlipsOf(with("critcal")),
              ElementsAre("r.yaml:6:24: unknown severity 'critcal'; did you mean 'critical'?"));
  EXPECT_THAT(SlipsOf(with("Warning")),
              ElementsAre("r.yaml:6:24: unknown severity 'Warning'; did you mean 'warning'?"));
  for (const char* good : {"critical", "info", "page", "none", "{{ $labels.level }}"}) {
    EXPECT_THAT(SlipsOf(with(good)), ElementsAre()) << good;
  }
  EXPECT_THAT(SlipsOf("groups:\n- name: g\n  labels: {severity: eror}\n  rules: []\n"),
              ElementsAre(HasSubstr("did you mean 'error'?")));
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                         "    forewarn: {severity: critcal}\n"),
              ElementsAre(HasSubstr("not 'critcal'; did you mean 'critical'?")));
}

}  // namespace
}  // namespace forewarn
