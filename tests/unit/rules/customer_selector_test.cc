#include "rules/customer_selector.h"

#include <gtest/gtest.h>

#include <vector>

namespace forewarn {
namespace {

Customer With(Labels labels) {
  Customer customer;
  customer.labels = std::move(labels);
  return customer;
}

TEST(CustomerSelector, WantsOneOfTheValuesOfEachLabel) {
  const CustomerSelector selector = {{{"plan", {"gold"}}, {"product", {"mill", "press"}}}};
  EXPECT_TRUE(selector.Matches(With({{"plan", "gold"}, {"product", "mill"}, {"x", "y"}})));
  EXPECT_TRUE(selector.Matches(With({{"plan", "gold"}, {"product", "press"}})));
  EXPECT_FALSE(selector.Matches(With({{"plan", "gold"}, {"product", "lathe"}})));
  EXPECT_FALSE(selector.Matches(With({{"plan", "gold"}})));
  EXPECT_FALSE(selector.Matches(With({{"plan", "silver"}, {"product", "mill"}})));
  EXPECT_TRUE(CustomerSelector().Matches(With({})));
}

TEST(CustomerSelector, SaysWhyItIsForNobody) {
  const std::vector<Customer> customers = {With({{"plan", "gold"}}), With({{"plan", "silver"}})};
  EXPECT_EQ(WhyNobody(customers, "plan", "gold"), "");
  EXPECT_EQ(WhyNobody(customers, "plann", "gold"),
            "no customer has a label 'plann' in customers.yaml; did you mean 'plan'?");
  EXPECT_EQ(WhyNobody(customers, "plan", "golden"),
            "no customer has plan 'golden' in customers.yaml; did you mean 'gold'?");
}

}  // namespace
}  // namespace forewarn
