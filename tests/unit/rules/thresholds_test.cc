#include "rules/thresholds.h"

#include <gmock/gmock.h>

#include <string>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string With(std::string_view text, const Thresholds& values) {
  return SetThresholds(*promql::Parse(text), values).ToString();
}

TEST(Thresholds, BecomeNumbersWhereverTheyAreRead) {
  EXPECT_EQ(With("x < scalar(threshold:a)", {{"a", 0.1}}), "x < 0.1");
  EXPECT_EQ(With("sum(x) by (b) > bool (scalar((threshold:a)) * 2) and -x < scalar(threshold:b)",
                 {{"a", 3}, {"b", 4}}),
            "sum by (b) (x) > bool (3 * 2) and -x < 4");
  EXPECT_EQ(With("clamp_max(max_over_time(rate(x[5m])[1h:]), scalar(threshold:a))", {{"a", 5}}),
            "clamp_max(max_over_time(rate(x[5m])[1h:]), 5)");
  EXPECT_EQ(With("x > scalar(threshold:a) ^ 2", {{"a", -5}}), "x > (-5) ^ 2");
}

TEST(Thresholds, LeaveEverythingElseAsItIs) {
  for (const char* text : {"x < scalar(threshold:other)", "x < threshold:a", "x < scalar(y)",
                           "x < scalar(threshold:a offset 5m)"}) {
    EXPECT_EQ(With(text, {{"a", 1}}), text);
  }
}

TEST(Thresholds, KeepTheLabelsOfARuleAsANumberDoes) {
  const auto expression = *promql::Parse("x < scalar(threshold:a)");
  EXPECT_FALSE(expression.Keeps("probe"));
  EXPECT_TRUE(SetThresholds(expression, {{"a", 1}}).Keeps("probe"));
}

TEST(Thresholds, AreFoundInAnExpression) {
  const ThresholdNames names = FindThresholds(*promql::Parse(
      "x < scalar(threshold:a) or y > threshold:b or z < scalar(threshold:c{i=\"1\"})"));
  EXPECT_THAT(names.read, ElementsAre(Pair("a", 4)));
  EXPECT_THAT(names.misread, ElementsAre(Pair("b", 31), Pair("c", 57)));
}

}  // namespace
}  // namespace forewarn
