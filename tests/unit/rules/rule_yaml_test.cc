#include "rules/rule_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RuleYaml, SaysWhereAFileIsNotYaml) {
  std::vector<std::string> mistakes = MistakesOf("groups:\n- name: [g\n");
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_THAT(mistakes[0], HasSubstr("this is not YAML"));
  EXPECT_THAT(MistakesOf("groups: 5\n"), ElementsAre("r.yaml:1:9: 'groups' must be a list"));
  EXPECT_THAT(MistakesOf("- a\n"), ElementsAre(HasSubstr("the file must be a map")));
  EXPECT_THAT(MistakesOf("groups: []\n---\ngroups: []\n"),
              ElementsAre(HasSubstr("a rule file is one YAML document")));
}

TEST(RuleYaml, AQuoteThatIsNotClosedSwallowsNoRules) {
  const std::string head =
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n";
  const std::string next = "  - alert: B\n    expr: up\n";
  EXPECT_THAT(MistakesOf(head + "      summary: \"up {{ $labels.job }}\n" + next),
              ElementsAre("r.yaml:7:16: this quote is not closed; put a \" where the text ends"));
  EXPECT_THAT(MistakesOf(head + "      summary: 'it''s up\n" + next),
              ElementsAre("r.yaml:7:16: this quote is not closed; put a ' where the text ends"));
  for (const char* text : {"groups:\n- name: \"g\n", "groups:\n- name: \"g", "groups:\n- name: \"",
                           "groups:\n- name: \"g\\\"\n  \n  ", "groups:\n- name: 'g\r\n",
                           "\xef\xbb\xbfgroups:\n- name: 'g\n", "groups:\n- {a: \"g}\n"}) {
    EXPECT_THAT(MistakesOf(text), ElementsAre(HasSubstr("this quote is not closed"))) << text;
  }
  EXPECT_THAT(MistakesOf("groups: []\n'x: 1\n"), ElementsAre(HasSubstr("r.yaml:2:1: this quote")));
  EXPECT_THAT(MistakesOf("groups:\n- name: &n !!str \"g\n"),
              ElementsAre(HasSubstr("r.yaml:2:18: this quote is not closed")));
}

TEST(RuleYaml, SaysWhatIsMissingOfTheCommonestSlips) {
  const std::string head = "groups:\n- name: g\n  rules:\n  - alert: A\n";
  const std::string up = "    expr: up\n    annotations:\n";
  const std::string next = "  - alert: B\n    expr: up\n";
  EXPECT_THAT(MistakesOf(head + up + "      summary: {{ $labels.job }}\n" + next),
              ElementsAre("r.yaml:7:16: 'summary' must be a text; put it in quotes: '{{ … }}'"));
  EXPECT_THAT(MistakesOf(head + up + "      summary: {{ $labels.job }} down\n" + next),
              ElementsAre("r.yaml:7:16: a text that begins with {{ must be in quotes: '{{ … }}'"));
  EXPECT_THAT(MistakesOf(head + up + "      summary: 'it's down'\n" + next),
              ElementsAre(HasSubstr(
                  "r.yaml:7:19: the quoted text ends here, and the line goes on; write ''")));
  EXPECT_THAT(MistakesOf(head + "    expr: \"up\" == 0\n" + next),
              ElementsAre(HasSubstr(
                  "r.yaml:5:14: the quoted text ends here, and the line goes on; write \\\"")));
  EXPECT_THAT(MistakesOf(head + "    expr: \"up{path=\"a\"} == 0\"\n" + next),
              ElementsAre(HasSubstr("r.yaml:5:20: the quoted text ends here")));
  EXPECT_THAT(MistakesOf(head + "    expr: @foo\n"),
              ElementsAre("r.yaml:5:11: a text that begins with @ must be in quotes"));
  EXPECT_THAT(MistakesOf(head + std::string("    expr: \"a\\\0b\"\n", 17)),
              ElementsAre(HasSubstr("r.yaml:5:14: a control character")));
  EXPECT_THAT(MistakesOf("groups: " + std::string(5000, '[')),
              ElementsAre(HasSubstr("nested too deep")));
}

TEST(RuleYaml, QuotesThatAreClosedMayHoldAnything) {
  for (const char* text : {"a: \"x\ny\"",
                           "a: 'it''s'",
                           "a: 'x'''",
                           "a: \"\\\"\\\\\"",
                           "a: \"x\" # \"c",
                           "a: |\n  \"x\n",
                           "a: it's\n",
                           "a: >-\n  'x",
                           "[\"a\", 'b']",
                           "{\"a\": 'b'}",
                           "\"a\": &x \"y\"\n'b': *x\n",
                           "a: !!str # \"\n  \"x\"\n",
                           "a: !!str\n'b': 1",
                           "a: ''\nb: \"\"",
                           "\xef\xbb\xbf"
                           "a: é\r\nb: 'ü'\r\n",
                           "'a'",
                           "\"\n\n a\n\"\n",
                           "a: x \"y\n",
                           "a: &it's x",
                           "a: &\"x y",
                           "? 'a'\n: \"b\"\n...\n"}) {
    EXPECT_EQ(ParseRuleYaml(text).mistake, "") << text;
  }
}

TEST(RuleYaml, IsTextInUtf8) {
  EXPECT_THAT(MistakesOf("groups:\n- name: \"caf\xe9\"\n"),
              ElementsAre("r.yaml:2:13: not UTF-8 text; save the file as UTF-8"));
  EXPECT_THAT(MistakesOf("groups: []\n# \xe4\xbd\xa0 \xff\n"),
              ElementsAre("r.yaml:2:5: not UTF-8 text; save the file as UTF-8"));
  EXPECT_THAT(MistakesOf("groups: []\n# \x7f\n"), IsEmpty()) << "may be in force already";
}

TEST(RuleYaml, ComesToAnEndAtWhatBelongsToNoListOrMap) {
  EXPECT_THAT(MistakesOf(", a\n"), Contains(HasSubstr("this is not YAML: ',' belongs to no")));
  EXPECT_THAT(MistakesOf("groups: []\n]\n"), Contains(HasSubstr("r.yaml:2:1: this is not YAML")));
  EXPECT_THAT(MistakesOf("}"), Contains(HasSubstr("this is not YAML")));
}

TEST(RuleYaml, FollowsAliasesAsFarAsTheyAreOfSense) {
  ParsedRuleYaml yaml = ParseRuleYaml("a: &x {b: 1}\nc: *x\n");
  ASSERT_EQ(yaml.mistake, "");
  ASSERT_EQ(yaml.root.pairs.size(), 2u);
  EXPECT_EQ(yaml.root.pairs[1].value.pairs[0].value.text, "1");
  EXPECT_EQ(yaml.root.pairs[1].value.place.line, 1) << "where it was written";

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ParseRuleYaml(bomb).mistake, HasSubstr("write some of them out"));
  EXPECT_THAT(ParseRuleYaml("a: &a [*a]\n").mistake, HasSubstr("write some of them out"));
}

}  // namespace
}  // namespace forewarn
