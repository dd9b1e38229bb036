#include "rules/prepared_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/two_rules.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PreparedRules, HaveEachRuleByItsNumberAndItsKey) {
  const PreparedRules rules(BundleOf(kTwoRules));
  EXPECT_THAT(rules.mistakes, IsEmpty());
  ASSERT_EQ(rules.by_number.size(), 2u);
  EXPECT_EQ(rules.by_number[1].group->name, "h");
  EXPECT_EQ(rules.by_number[1].rule->rule.name, "r");
  ASSERT_EQ(rules.by_key.count(rules.by_number[0].rule->key), 1u);
  EXPECT_EQ(rules.by_key.find(rules.by_number[1].rule->key)->second, 1u);
  EXPECT_THAT(rules.index.unconditional(), ::testing::ElementsAre(1));
  EXPECT_EQ(rules.live.selectors.size(), 2u);
}

TEST(PreparedRules, AreNothingButMistakesWhereThereAreAny) {
  const PreparedRules rules(BundleOf("groups: [{name: g, rules: [{alert: A, expr: x >}]}]"));
  ASSERT_EQ(rules.mistakes.size(), 1u);
  EXPECT_THAT(rules.mistakes[0].ToString(), HasSubstr("r.yaml"));
  EXPECT_THAT(rules.groups, IsEmpty());
}

}  // namespace
}  // namespace forewarn
