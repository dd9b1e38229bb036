#include "ctl/rules_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

RuleFiles Check(std::string text) {
  BundleFile file = {"r.yaml", std::move(text)};
  return CheckRuleFiles({&file, 1}, {});
}

TEST(RulesReport, TellsPeopleWhichRulesAreForTheGeneralEvaluator) {
  const RuleFiles rules = Check(
      "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n  - {record: b, expr: 1 + "
      "1}\n");
  EXPECT_EQ((RulesReport{rules, 1, 2}.Text()),
            "good: 2 rules in 1 group of 1 file, and 2 files of tests\nevaluated incrementally: 1\n"
            "by the general evaluator, for what they have:\n"
            "  r.yaml: group 'g', rule 'b': a scalar as its result\n");
}

TEST(RulesReport, TellsProgramsTheSame) {
  const RuleFiles rules = Check(
      "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n  - {record: b, expr: "
      "sort(b)}\n");
  EXPECT_EQ((RulesReport{rules, 1, 0}.Json()), R"json({
  "files": 1,
  "test_files": 0,
  "groups": 1,
  "rules": 2,
  "incremental": 1,
  "general": [
    {
      "file": "r.yaml",
      "group": "g",
      "rule": "b",
      "why": "sort()"
    }
  ],
  "warnings": [
    {
      "file": "r.yaml",
      "line": 5,
      "column": 14,
      "message": "the rule reads 'b', which it records; if that is sent, too, what is recorded is mixed with it or dropped"
    }
  ],
  "mistakes": []
}
)json");
}

TEST(RulesReport, HasMistakesAndNoRulesBesideThem) {
  const RuleFiles rules = Check("groups:\n- name: g\n  rules:\n  - {alert: A, expr: '\"'}\n");
  const std::string json = RulesReport{rules, 1, 0}.Json();
  EXPECT_THAT(json, testing::HasSubstr("\"rules\": 0"));
  EXPECT_THAT(json, testing::HasSubstr("\"line\": 4,\n      \"column\": 23,\n"));
}

}  // namespace
}  // namespace forewarn
