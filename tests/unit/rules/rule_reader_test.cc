#include "rules/rule_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RuleReader, RefusesRepeatedKeysAndRulesThatAreBothOrNeither) {
  EXPECT_THAT(MistakesOf("groups:\n- name: g\n  name: h\n  rules:\n  - alert: A\n    record: a\n"
                         "    expr: up\n  - expr: up\n"),
              ElementsAre("r.yaml:3:3: key 'name' is given twice in the group",
                          "r.yaml:6:5: a rule has 'alert' or 'record', not both",
                          "r.yaml:8:5: the rule has neither 'alert' nor 'record'"));
}

// The error points at `rat`, however the expression is written.
TEST(RuleReader, PointsIntoTheExpression) {
  auto place_of = [](std::string_view expr) -> std::string {
    std::string text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + std::string(expr);
    std::vector<std::string> mistakes = MistakesOf(text);
    if (mistakes.size() != 1) return "not one mistake";
    EXPECT_THAT(mistakes[0], HasSubstr("unknown function 'rat'"));
    EXPECT_EQ(mistakes[0].find('\n'), std::string::npos);
    return mistakes[0].substr(0, mistakes[0].find(": "));
  };
  EXPECT_EQ(place_of("1 + rat(x[5m])\n"), "r.yaml:5:15");
  EXPECT_EQ(place_of("'1 + rat(x[5m])'\n"), "r.yaml:5:16");
  EXPECT_EQ(place_of("'{a=''b''} + rat(x[5m])'\n"), "r.yaml:5:24");
  EXPECT_EQ(place_of("\"{a=\\\"b\\\"} + rat(x[5m])\"\n"), "r.yaml:5:24");
  EXPECT_EQ(place_of("|\n      1 +\n        rat(x[5m])\n"), "r.yaml:7:9");
  EXPECT_EQ(place_of(">-\n      1\n      + rat(x[5m])\n"), "r.yaml:7:9");
  EXPECT_EQ(place_of("1\n      + rat(x[5m])\n"), "r.yaml:6:9");
}

TEST(RuleReader, RefusesDurationsThatPrometheusCannotHold) {
  const auto with = [](const std::string& group, const std::string& hold_for) {
    return MistakesOf("groups:\n- name: g\n  " + group +
                      "\n  rules:\n  - alert: A\n    expr: up\n    for: " + hold_for + "\n");
  };
  EXPECT_THAT(with("interval: 106751d23h47m16s854ms", "292y"), ElementsAre());
  EXPECT_THAT(with("interval: 106751d23h47m16s855ms", "1s"),
              ElementsAre("r.yaml:3:13: 'interval': must not be longer than 292y"));
  EXPECT_THAT(with("query_offset: 293y", "292471208y"),
              ElementsAre("r.yaml:3:17: 'query_offset': must not be longer than 292y",
                          "r.yaml:7:10: 'for': must not be longer than 292y"));
}

TEST(RuleReader, FollowsMergeKeys) {
  RuleFiles files = ParseRuleFile("r.yaml",
                                  "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"
                                  "    labels: &l {severity: info, team: a}\n"
                                  "  - alert: B\n    expr: up\n    labels: {<<: *l, team: b}\n");
  ASSERT_TRUE(files.status().ok()) << files.status().message();
  EXPECT_EQ(files.groups[0].rules[1].labels, (Attributes{{"severity", "info"}, {"team", "b"}}));
}

}  // namespace
}  // namespace forewarn
