#include "rules/promql/functions.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace forewarn::promql {
namespace {

TEST(Functions, AreFoundByTheirExactNames) {
  ASSERT_NE(FindFunction("rate"), nullptr);
  EXPECT_EQ(FindFunction("rate")->id, FunctionId::kRate);
  EXPECT_EQ(FindFunction("RATE"), nullptr);
  EXPECT_EQ(FindFunction("zzz"), nullptr);
  EXPECT_EQ(FindFunction(""), nullptr);
}

TEST(Functions, AreSortedSoThatEachIsFound) {
  EXPECT_TRUE(std::ranges::is_sorted(FunctionNames()));
  for (const std::string_view name : FunctionNames())
    EXPECT_NE(FindFunction(name), nullptr) << name;
}

}  // namespace
}  // namespace forewarn::promql
