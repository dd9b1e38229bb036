#include "rules/promql/flaws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forewarn::promql {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::vector<std::string> FlawsOf(std::string_view text) {
  StatusOr<Expression> expression = Parse(text);
  EXPECT_TRUE(expression.ok()) << text;
  std::vector<std::string> flaws;
  for (const Flaw& flaw : FindFlaws(*expression)) {
    flaws.push_back(std::to_string(flaw.begin) + " " + flaw.message);
  }
  return flaws;
}

TEST(Flaws, AreLabelsThatCannotBeOnesAndBadRegularExpressions) {
  EXPECT_THAT(FlawsOf(R"(label_replace(up, "x", "$1", "job", "(") == 0)"),
              ElementsAre(StartsWith("36 label_replace: the regular expression '^(?:()$' is bad")));
  EXPECT_THAT(FlawsOf(R"(label_replace(up, ("a-b"), "$1", "job", ".*"))"),
              ElementsAre("18 label_replace: the destination 'a-b' is not a label name"));
  EXPECT_THAT(FlawsOf(R"(label_join(up, "x", "-", "job", "b c"))"),
              ElementsAre("32 label_join: the source 'b c' is not a label name"));
  EXPECT_THAT(
      FlawsOf(R"(sum(max_over_time(count_values("a-b", up)[1h:])) or label_join(up, "", ""))"),
      ElementsAre("31 count_values: 'a-b' is not a label name",
                  "67 label_join: the destination '' is not a label name"));
}

TEST(Flaws, AreFactorsOutOfBounds) {
  EXPECT_THAT(FlawsOf("holt_winters(x[5m], 1, (-0.1))"),
              ElementsAre("20 holt_winters: the smoothing factor must lie between 0 and 1, not 1",
                          "23 holt_winters: the trend factor must lie between 0 and 1, not -0.1"));
}

TEST(Flaws, AreResultsThatARuleCannotUse) {
  EXPECT_THAT(FlawsOf("up[5m]"),
              ElementsAre("0 a rule needs an instant vector or a scalar, not a range vector; put a "
                          "function such as rate() around it"));
  EXPECT_THAT(FlawsOf("(\"text\")"),
              ElementsAre("1 a rule needs an instant vector or a scalar, not a string"));
}

// Whatever some data makes of it.
TEST(Flaws, AreNotWhatMayWork) {
  for (const char* text :
       {R"-(label_replace(up, "x", "$1", "nosuch", "(.*)"))-", R"(label_join(up, "x", ""))",
        R"(count_values("value", up))", "holt_winters(x[5m], 0.3, scalar(y))", "1", "time()",
        "a + on() b", "topk(scalar(x), y)", "up @ 1e9"}) {
    EXPECT_THAT(FlawsOf(text), ElementsAre()) << text;
  }
}

}  // namespace
}  // namespace forewarn::promql
