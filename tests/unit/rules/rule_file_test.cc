#include "rules/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RuleFile, LoadsAPlainPrometheusFile) {
  RuleFiles files = ParseRuleFile("node.yaml", R"(
groups:
- name: node
  interval: 30s
  limit: 10
  query_offset: 15s
  labels: {team: storage}
  rules:
  - record: instance:node_cpu:rate5m
    expr: sum without (cpu) (rate(node_cpu_seconds_total[5m]))
    labels:
      source: node
  - alert: NodeFilesystemAlmostOutOfSpace
    expr: |
      (
        node_filesystem_avail_bytes{fstype!=""} / node_filesystem_size_bytes{fstype!=""} * 100 < 5
      and
        node_filesystem_readonly{fstype!=""} == 0
      )
    for: 1h30m
    keep_firing_for: 5m
    labels:
      severity: warning
    annotations:
      summary: Filesystem has less than {{ printf "%.2f" $value }}% left.
)");
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  ASSERT_EQ(files.groups.size(), 1u);
  const RuleGroup& group = files.groups[0];
  EXPECT_EQ(group.file, "node.yaml");
  EXPECT_EQ(group.name, "node");
  EXPECT_EQ(group.interval, 30s);
  EXPECT_EQ(group.limit, 10u);
  EXPECT_EQ(group.query_offset, 15s);
  ASSERT_EQ(group.rules.size(), 2u);
  EXPECT_FALSE(group.rules[0].alerting);
  EXPECT_EQ(group.rules[0].name, "instance:node_cpu:rate5m");
  EXPECT_EQ(group.rules[0].labels, (Attributes{{"source", "node"}, {"team", "storage"}}));
  const Rule& alert = group.rules[1];
  EXPECT_TRUE(alert.alerting);
  EXPECT_EQ(alert.hold_for, 1h + 30min);
  EXPECT_EQ(alert.keep_firing_for, 5min);
  EXPECT_EQ(alert.labels, (Attributes{{"severity", "warning"}, {"team", "storage"}}));
  EXPECT_EQ(alert.annotations.size(), 1u);
}

TEST(RuleFile, LoadsAnEmptyFile) {
  EXPECT_TRUE(ParseRuleFile("r.yaml", "").status().ok());
  EXPECT_TRUE(ParseRuleFile("r.yaml", "groups:\n").status().ok());
}

TEST(RuleFile, ReadsWhatIsOurs) {
  RuleFiles files = ParseRuleFile("r.yaml", R"(
groups:
- name: g
  rules:
  - record: disk:seconds_to_full
    expr: a / b
  - alert: DiskWillFill
    expr: disk:seconds_to_full < 3600
    forewarn:
      predicts: disk:seconds_to_full
      warning: disk_will_fill
      playbook: free-disk-space
      group_by: [device, mountpoint]
      severity: error
)");
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  const RuleForewarn& forewarn = files.groups[0].rules[1].forewarn;
  EXPECT_EQ(forewarn.predicts, "disk:seconds_to_full");
  EXPECT_EQ(forewarn.warning, "disk_will_fill");
  EXPECT_EQ(forewarn.playbook, "free-disk-space");
  EXPECT_THAT(forewarn.group_by, ElementsAre("device", "mountpoint"));
  EXPECT_EQ(files.groups[0].rules[1].labels, (Attributes{{"severity", "error"}}));
}

TEST(RuleFile, NamesEveryMistakeWithItsPlace) {
  EXPECT_THAT(
      MistakesOf(R"(groups:
- name: g
  intervall: 1m
  rules:
  - alert: A
    exp: up == 0
  - alert: B
    expr: up == 0
    for: 10
    labels: {__name__: x, 1st: y, customer: z}
  - record: a-b
    expr: up
    annotations: {summary: x}
- name: g
)"),
      ElementsAre("r.yaml:3:3: unknown key 'intervall' in the group; did you mean 'interval'?",
                  "r.yaml:6:5: unknown key 'exp' in the rule; did you mean 'expr'?",
                  "r.yaml:5:5: 'expr' must be set in a rule", HasSubstr("r.yaml:9:10: 'for': "),
                  "r.yaml:10:14: invalid label name '__name__'",
                  "r.yaml:10:27: invalid label name '1st'",
                  "r.yaml:10:35: label 'customer' comes from the probe's certificate; a rule "
                  "cannot set it",
                  "r.yaml:11:13: invalid name of a recorded series: 'a-b'",
                  "r.yaml:13:5: a recording rule cannot have 'annotations'",
                  "r.yaml:14:9: the group 'g' is given twice in this file"));
}

TEST(RuleFile, AnUnknownKeyLeavesTheKeysBehindItAsTheyAre) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n"
                         "    forewarn:\n      predict: x\n      playbook: p\n"
                         "      group_by: [instance]\n"),
              ElementsAre("r.yaml:7:7: unknown key 'predict' in 'forewarn'; did you mean "
                          "'predicts'?"));
}

TEST(RuleFile, RefusesAPredictionThatNobodyRecords) {
  EXPECT_THAT(
      MistakesOf("groups:\n- name: g\n  rules:\n  - record: disk:seconds\n    expr: up\n"
                 "  - alert: A\n    expr: up\n    forewarn: {predicts: disk:second}\n"),
      ElementsAre("r.yaml:8:26: 'predicts' names 'disk:second', which no rule records; did you "
                  "mean 'disk:seconds'?"));
}

TEST(RuleFile, ListsSuchAPredictionBesideOtherMistakes) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - {record: a:b, expr: rat(x)}\n"
                         "  - {alert: A, expr: up, forewarn: {predicts: a:b}}\n"
                         "  - {alert: B, expr: up, forewarn: {predicts: c:d}}\n"),
              ElementsAre(HasSubstr("r.yaml:4:25: unknown function"),
                          HasSubstr("r.yaml:6:47: 'predicts' names 'c:d'")));
}

TEST(RuleFile, ExpectsNothingOfARuleWhoseNameCannotBeRead) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - {recrod: a:b, expr: x}\n"
                         "  - {alert: A, expr: up, forewarn: {predicts: a:b}}\n"),
              ElementsAre(HasSubstr("unknown key 'recrod'"), HasSubstr("neither 'alert' nor")));
}

TEST(RuleFile, WarnsOfAFileWithoutRulesWhenItIsChecked) {
  BundleFile file = {"r.yaml", "# rules\n"};
  RuleFiles files = CheckRuleFiles({&file, 1}, {});
  ASSERT_EQ(files.warnings.size(), 1u);
  EXPECT_EQ(files.warnings[0].ToString(), "r.yaml:1:1: there are no rules in this file");
  EXPECT_TRUE(ParseRuleFiles({&file, 1}).warnings.empty());
}

TEST(RuleFile, FindsPredictionsInOtherFiles) {
  BundleFile files[] = {{"a.yaml", "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: up\n"},
                        {"b.yaml",
                         "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    forewarn: "
                         "{predicts: a:b}\n"}};
  EXPECT_TRUE(ParseRuleFiles(files).status().ok());
  EXPECT_FALSE(ParseRuleFiles({files + 1, 1}).status().ok());
}

TEST(RuleFile, LoadsThePacksThatAreShipped) {
  const std::string folder = std::string(FW_SOURCE_DIR) + "/rules/packs";
  StatusOr<std::vector<std::string>> names = ListDir(folder);
  ASSERT_TRUE(names.ok()) << names.status().message();
  size_t alerts = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".yaml")) continue;
    StatusOr<std::string> text = ReadFile(folder + "/" + name);
    ASSERT_TRUE(text.ok()) << text.status().message();
    RuleFiles files = ParseRuleFile(name, *text);
    ASSERT_TRUE(files.status().ok()) << files.status().message();
    for (const RuleGroup& group : files.groups) {
      for (const Rule& rule : group.rules) {
        if (!rule.alerting) continue;
        ++alerts;
        EXPECT_TRUE(rule.expression.Keeps("probe")) << rule.name << " is about one host";
        auto has = [](const Attributes& list, std::string_view wanted) {
          return std::ranges::any_of(list, [&](const auto& item) { return item.first == wanted; });
        };
        EXPECT_TRUE(has(rule.labels, "severity")) << rule.name;
        for (std::string_view text_of : {"summary", "description", "next_step"})
          EXPECT_TRUE(has(rule.annotations, text_of)) << rule.name << " has no " << text_of;
      }
    }
  }
  EXPECT_GE(alerts, 60u);
}

}  // namespace
}  // namespace forewarn
