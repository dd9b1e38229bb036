#include "rules/export_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ExportRules, WhatTakesItsOwnLinesGoesAndTheRestIsUntouched) {
  EXPECT_EQ(ExportForPrometheus("# of the storage team\n"
                                "detectors:\n"
                                "- record: d\n"
                                "  forecast: {series: x, reaches: 0}\n"
                                "\n"
                                "# the groups\n"
                                "groups:\n"
                                "- name: g   # as it was\n"
                                "  rules:\n"
                                "  - alert: A\n"
                                "    expr: |\n"
                                "      up\n"
                                "        == 0\n"
                                "    forewarn:\n"
                                "      playbook: a\n"
                                "      # inside\n"
                                "      group_by: [x]\n"
                                "    # behind\n"
                                "    for: 5m\n"
                                "\n"
                                "  - forewarn: {playbook: b}\n"
                                "    alert: B\n"
                                "    expr: up\n"
                                "  - alert: C\n"
                                "    expr: up\n"
                                "    forewarn: {playbook: c}"),
            "# of the storage team\n"
            "\n"
            "# the groups\n"
            "groups:\n"
            "- name: g   # as it was\n"
            "  rules:\n"
            "  - alert: A\n"
            "    expr: |\n"
            "      up\n"
            "        == 0\n"
            "    # behind\n"
            "    for: 5m\n"
            "\n"
            "  - alert: B\n"
            "    expr: up\n"
            "  - alert: C\n"
            "    expr: up\n");
}

TEST(ExportRules, WhatStandsAmongOthersIsWrittenAnew) {
  EXPECT_EQ(ExportForPrometheus(
                "groups: [{name: g, rules: [{alert: A, forewarn: {playbook: p}, expr: up}]}]"),
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n");
}

TEST(ExportRules, TheSeverityBecomesTheLabelThatItStandsFor) {
  constexpr char kWanted[] =
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      severity: "
      "error\n";
  EXPECT_EQ(ExportForPrometheus("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                                "    forewarn: {severity: error}\n"),
            kWanted);
  EXPECT_EQ(ExportForPrometheus("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                                "    labels:\n    forewarn: {severity: error}\n"),
            kWanted);
  EXPECT_THAT(ExportForPrometheus("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                                  "    labels: {a: b}\n    forewarn: {severity: error}\n"),
              HasSubstr("    labels:\n      a: b\n      severity: error\n"));
}

TEST(ExportRules, NumbersThatHaveANameAreWrittenOut) {
  EXPECT_EQ(ExportForPrometheus("groups:\n- name: g\n  rules:\n  - alert: A\n"
                                "    expr: left < scalar(threshold:left)\n    forewarn:\n"
                                "      thresholds: {left: 14400}\n"
                                "      overrides: [{customer: acme, left: 7200}]\n"),
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"left < 14400\"\n");
}

TEST(ExportRules, WhatWasMergedGoesToo) {
  std::string exported = ExportForPrometheus(
      "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up\n    forewarn: {playbook: "
      "p}\n"
      "  - {<<: *a, alert: B}\n");
  EXPECT_THAT(exported, Not(HasSubstr("forewarn")));
  RuleFiles files = ParseRuleFile("r.yaml", exported);
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  EXPECT_EQ(files.groups[0].rules.size(), 2u);
}

TEST(ExportRules, AFileOfOursAloneIsAnEmptyOne) {
  EXPECT_TRUE(
      ParseRuleFile("r", ExportForPrometheus("detectors:\n- record: d\n  forecast: {series: x}\n"))
          .status()
          .ok());
  EXPECT_EQ(ExportForPrometheus(""), "");
  EXPECT_EQ(ExportForPrometheus("# nothing\ngroups: []\n"), "# nothing\ngroups: []\n");
}

TEST(ExportRules, WhatARuleMeansHereAloneIsNamed) {
  std::vector<BundleFile> files = {
      {"a.yaml",
       "groups:\n- name: g\n  rules:\n"
       "  - {alert: A, expr: up == 0, forewarn: {shadow: true, customers: {plan: gold}}}\n"
       "  - {alert: B, expr: 'x < scalar(threshold:free)', forewarn: {thresholds: {free: 0.1}, "
       "overrides: [{customer: acme, free: 0.2}]}}\n"
       "  - {alert: C, expr: up == 0, forewarn: {shadow: false}}\n"}};
  RuleFiles rules = ParseRuleFiles(files);
  ASSERT_TRUE(rules.status().ok()) << rules.status().message();
  EXPECT_THAT(
      FindUnexported(files, rules),
      ElementsAre(
          "a.yaml: 'A' is in shadow; in Prometheus it will alert",
          "a.yaml: 'A' is for some customers; in Prometheus it is for all",
          "a.yaml: 'B' has other numbers for some customers; in Prometheus it has those of all"));
}

TEST(ExportRules, WhatPrometheusLacksIsNamed) {
  std::vector<BundleFile> files = {
      {"a.yaml",
       "detectors:\n- record: d:left\n  forecast: {series: x, reaches: 0}\n"
       "groups:\n- name: g\n  query_offset: 1m\n  labels: {a: b}\n  rules:\n"
       "  - {alert: Reads, expr: 'd:left:upper < 5'}\n"
       "  - {alert: ReadsAll, expr: '{__name__=~\"d:.*\"}'}\n"
       "  - {alert: Other, expr: '{job=\"x\"}'}\n"}};
  RuleFiles rules = ParseRuleFiles(files);
  ASSERT_TRUE(rules.status().ok()) << rules.status().message();
  EXPECT_THAT(FindUnexported(files, rules),
              ElementsAre("a.yaml: group 'g' has 'query_offset', which Prometheus knows since 2.53",
                          HasSubstr("a.yaml: 'Reads' reads d:left:upper, which a detector records"),
                          HasSubstr("'ReadsAll' reads d:left,"),
                          "a.yaml: group 'g' has 'labels', which Prometheus knows since 3.0"));
}

}  // namespace
}  // namespace forewarn
