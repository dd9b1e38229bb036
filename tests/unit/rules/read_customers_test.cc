#include "rules/read_customers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

TEST(ReadCustomers, WarnsOfASelectorWithoutLabels) {
  BundleFile file = {
      "r.yaml",
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    forewarn: {customers: {}}\n"};
  RuleFiles files = CheckRuleFiles({&file, 1}, {});
  EXPECT_TRUE(files.mistakes.empty());
  ASSERT_EQ(files.warnings.size(), 1u);
  EXPECT_EQ(files.warnings[0].ToString(),
            "r.yaml:6:27: 'customers' names no label, so this is for everybody");
}

TEST(ReadCustomers, TakesLabelsAndTheirValues) {
  auto with = [](std::string_view customers) {
    return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    forewarn: {customers: " +
           std::string(customers) + "}\n";
  };
  RuleFiles files = ParseRuleFile("r.yaml", with("{plan: gold, product: [mill, press]}"));
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  const auto& labels = files.groups[0].rules[0].forewarn.customers.labels;
  EXPECT_THAT(labels.at("plan"), ElementsAre("gold"));
  EXPECT_THAT(labels.at("product"), ElementsAre("mill", "press"));
  EXPECT_THAT(MistakesOf(with("{plan: {a: b}, 1st: x}")),
              ElementsAre("r.yaml:6:34: 'plan' must be a value, or a list of values",
                          "r.yaml:6:42: invalid label name '1st'"));

  std::vector<Customer> customers(1);
  customers[0].labels = {{"plan", "gold"}};
  BundleFile file = {"r.yaml", with("{plan: golden, product: mill}")};
  std::vector<std::string> slips;
  for (const RuleMistake& mistake : CheckRuleFiles({&file, 1}, {{}, &customers}).mistakes) {
    slips.push_back(mistake.ToString());
  }
  EXPECT_THAT(slips,
              ElementsAre("r.yaml:6:34: no customer has plan 'golden' in customers.yaml; did you "
                          "mean 'gold'?",
                          "r.yaml:6:51: no customer has a label 'product' in customers.yaml"));
}

}  // namespace
}  // namespace forewarn
