#include "rules/read_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ReadRule, ChecksTemplates) {
  std::vector<std::string> mistakes = MistakesOf(
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n"
      "      summary: 'full in {{ $value | humanizeDurations }}'\n");
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_THAT(mistakes[0], HasSubstr("r.yaml:7:"));
  EXPECT_THAT(mistakes[0], HasSubstr("humanizeDurations"));
}

TEST(ReadRule, RefusesSeverityTwice) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                         "    labels: {severity: info}\n    forewarn: {severity: error}\n"),
              ElementsAre(HasSubstr("r.yaml:7:5: severity is given twice")));
}

}  // namespace
}  // namespace forewarn
