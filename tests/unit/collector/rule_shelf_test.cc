#include "collector/rule_shelf.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/rules/two_rules.h"

namespace forewarn {
namespace {

TEST(RuleShelf, PreparesEqualBundlesOnce) {
  RuleShelf shelf;
  const auto rules = shelf.Get(BundleOf(kTwoRules));
  EXPECT_EQ(shelf.Get(BundleOf(kTwoRules)), rules);
}

TEST(RuleShelf, KeepsApartWhatDiffersInAnything) {
  RuleShelf shelf;
  const auto rules = shelf.Get(BundleOf(kTwoRules));
  Bundle other = BundleOf(kTwoRules);
  other.customers.emplace_back().id = "acme";
  EXPECT_NE(shelf.Get(other), rules);
  EXPECT_NE(shelf.Get(BundleOf("groups: []")), rules);
}

TEST(RuleShelf, KeepsNothingThatNobodyHas) {
  RuleShelf shelf;
  auto rules = shelf.Get(BundleOf(kTwoRules));
  const std::weak_ptr<const PreparedRules> watched = rules;
  rules.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_NE(shelf.Get(BundleOf(kTwoRules)), nullptr);
}

}  // namespace
}  // namespace forewarn
