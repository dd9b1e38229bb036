#include "rules/read_thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string RuleWith(std::string_view forewarn, std::string_view expr = "x < scalar(threshold:a)") {
  return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + std::string(expr) +
         "\n    forewarn:\n" + std::string(forewarn);
}

TEST(ReadThresholds, PutsTheNumbersIntoTheExpression) {
  RuleFiles files =
      ParseRuleFile("r.yaml", RuleWith("      thresholds: {a: 0.1, b: 2}\n"
                                       "      overrides:\n"
                                       "      - {customer: acme, a: 0.02}\n"
                                       "      - {customers: {plan: gold}, b: 3}\n",
                                       "x < scalar(threshold:a) and y > scalar(threshold:b)"));
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  const Rule& rule = files.groups[0].rules[0];
  EXPECT_EQ(rule.expression.ToString(), "x < 0.1 and y > 2");
  const auto& overrides = rule.forewarn.overrides;
  ASSERT_EQ(overrides.size(), 2u);
  EXPECT_EQ(overrides[0].expression.ToString(), "x < 0.02 and y > 2");
  EXPECT_EQ(overrides[1].expression.ToString(), "x < 0.1 and y > 3");
  Customer customer;
  customer.id = "acme";
  EXPECT_TRUE(overrides[0].IsFor(customer));
  EXPECT_FALSE(overrides[1].IsFor(customer));
  customer.labels = {{"plan", "gold"}};
  EXPECT_TRUE(overrides[1].IsFor(customer));
}

TEST(ReadThresholds, NamesEachMistakeWithItsPlace) {
  EXPECT_THAT(MistakesOf(RuleWith("      thresholds: {a: x, b: 1}\n")),
              ElementsAre("r.yaml:7:23: 'a' is 'x', but must be a number",
                          "r.yaml:7:26: 'expr' does not read scalar(threshold:b)"));
  EXPECT_THAT(
      MistakesOf(RuleWith("      thresholds: {a: 1}\n",
                          "x < scalar(threshold:a) + threshold:c "
                          "- scalar(threshold:b)")),
      ElementsAre("r.yaml:5:37: a threshold is read as scalar(threshold:c), and not otherwise",
                  "r.yaml:5:51: 'thresholds' does not say what 'b' is"));
  EXPECT_THAT(MistakesOf(RuleWith("      overrides: []\n", "x < 1")),
              ElementsAre("r.yaml:7:7: 'overrides' are of 'thresholds', and there are none"));
  EXPECT_THAT(MistakesOf(RuleWith("      thresholds: {a: 1}\n      overrides:\n"
                                  "      - {customer: acme, aa: 2}\n      - {a: 2}\n")),
              ElementsAre(HasSubstr("r.yaml:9:26: 'thresholds' has no 'aa'"),
                          "r.yaml:9:9: the override changes nothing",
                          "r.yaml:10:9: an override is for a 'customer' or for 'customers'"));
}

TEST(ReadThresholds, MissesThoseThatAreForgottenWhenRulesAreChecked) {
  const auto check = [](const std::string& text) {
    BundleFile file = {"r.yaml", text};
    EXPECT_TRUE(ParseRuleFiles({&file, 1}).mistakes.empty()) << "what is in force still loads";
    return CheckRuleFiles({&file, 1}, {});
  };
  for (const char* forewarn : {"      shadow: true\n", "      {}\n"}) {
    const RuleFiles ours = check(RuleWith(forewarn, "x < scalar(threshold:free)"));
    ASSERT_EQ(ours.mistakes.size(), 1u);
    EXPECT_EQ(ours.mistakes[0].ToString(),
              "r.yaml:5:15: 'expr' reads threshold:free, which nothing records; if it is a number, "
              "say which under 'forewarn': {thresholds: {free: …}}");
  }
  // A series that is sent may have such a name.
  const std::string plain =
      "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'x < threshold:free'}\n";
  EXPECT_TRUE(check(plain).mistakes.empty());
  ASSERT_EQ(check(plain).warnings.size(), 1u);
  EXPECT_THAT(check(plain).warnings[0].ToString(),
              HasSubstr("r.yaml:4:27: 'expr' reads threshold:free"));
  EXPECT_TRUE(check(plain + "  - {record: 'threshold:free', expr: '1'}\n").warnings.empty());
}

TEST(ReadThresholds, WarnsOfAnOverrideThatNeverCounts) {
  std::vector<Customer> customers(2);
  customers[0].id = "acme";
  customers[0].labels = {{"plan", "gold"}, {"product", "mill"}};
  customers[1].id = "globex";
  customers[1].labels = {{"plan", "silver"}};
  auto warnings = [&](const std::string& overrides) {
    BundleFile file = {
        "r.yaml", RuleWith("      thresholds: {a: 1}\n      overrides: [" + overrides + "]\n")};
    RuleFiles files = CheckRuleFiles({&file, 1}, {{}, &customers});
    EXPECT_TRUE(files.mistakes.empty());
    return files.warnings.size();
  };
  const std::string gold = "{customers: {plan: gold}, a: 2}, ";
  EXPECT_EQ(warnings(gold + "{customer: acme, a: 3}"), 1u);
  EXPECT_EQ(warnings(gold + "{customers: {plan: [gold], product: mill}, a: 3}"), 1u);
  EXPECT_EQ(warnings("{customer: acme, a: 2}, {customer: acme, a: 3}"), 1u);
  EXPECT_EQ(warnings(gold + "{customer: globex, a: 3}"), 0u);
  EXPECT_EQ(warnings(gold + "{customers: {plan: [gold, silver]}, a: 3}"), 0u);
  EXPECT_EQ(warnings("{customer: acme, a: 3}, " + gold), 0u);
}

TEST(ReadThresholds, RefusesCustomersWhomThereAreNot) {
  std::vector<Customer> customers(1);
  customers[0].id = "acme";
  BundleFile file = {"r.yaml", RuleWith("      thresholds: {a: 1}\n"
                                        "      overrides: [{customer: acne, a: 2}]\n")};
  RuleFiles files = CheckRuleFiles({&file, 1}, {{}, &customers});
  ASSERT_EQ(files.mistakes.size(), 1u);
  EXPECT_EQ(files.mistakes[0].ToString(),
            "r.yaml:8:30: no customer 'acne' in customers.yaml; did you mean 'acme'?");
  EXPECT_TRUE(ParseRuleFiles({&file, 1}).mistakes.empty()) << "what is in force still loads";
}

}  // namespace
}  // namespace forewarn
