#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctl/commands.h"
#include "tests/unit/ctl/folder_fixture.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RuleTestsTest : public FolderFixture {
 protected:
  RuleTestsTest() {
    Write("rules/a.yaml", "groups:\n- name: g\n  rules: [{alert: Down, expr: up == 0}]\n");
  }
  std::string WriteTest(const std::string& name, const std::string& rules,
                        const std::string& alert) {
    return Write(name, "rule_files: ['" + rules +
                           "']\ntests:\n- input_series: [{series: up, values: '0'}]\n"
                           "  alert_rule_test: [{alertname: Down, exp_alerts: [" +
                           alert + "]}]\n");
  }
};

TEST_F(RuleTestsTest, RuleFilesAreRelativeToTheTests) {
  std::string path = WriteTest("tests/t.yaml", "../rules/*.yaml", "{}");
  Status status = TestRules(session, {path});
  EXPECT_TRUE(status.ok()) << out.str();
  EXPECT_EQ(out.str(), "Unit Testing:  " + path + "\n  SUCCESS\n\n");
  EXPECT_EQ(notes.str(), "");
}

TEST_F(RuleTestsTest, AllFilesRunAndOneThatFailsFailsTheCommand) {
  std::string bad = WriteTest("tests/a.yaml", "../rules/a.yaml", "");
  WriteTest("tests/b.yaml", dir_ + "/rules/a.yaml", "{}");
  Status status = TestRules(session, {dir_ + "/tests"});
  EXPECT_EQ(status.message(), "1 of 2 test files failed");
  EXPECT_THAT(out.str(), AllOf(HasSubstr(bad + "\n  FAILED:\n    test: 1,\n    alertname: Down"),
                               HasSubstr("b.yaml\n  SUCCESS\n")));
}

TEST_F(RuleTestsTest, WhatCannotBeReadIsToldWithItsPlace) {
  std::string tests = Write("t.yaml", "test: []\n");
  EXPECT_FALSE(TestRules(session, {tests}).ok());
  EXPECT_THAT(out.str(), HasSubstr(tests + ":1:1: unknown key 'test'"));
  Write("rules/a.yaml", "group: []\n");
  EXPECT_FALSE(TestRules(session, {WriteTest("t.yaml", "rules/a.yaml", "{}")}).ok());
  EXPECT_THAT(out.str(), HasSubstr("rules/a.yaml:1:1: unknown key 'group'"));
  EXPECT_FALSE(TestRules(session, {dir_ + "/missing.yaml"}).ok());
}

TEST_F(RuleTestsTest, WhatIsNotThereIsRemarkedUpon) {
  std::string path = Write("t.yaml",
                           "rule_files: [rules/*.yaml, b*.yaml]\n"
                           "tests: [{alert_rule_test: [{alertname: Dwon}]}]\n");
  EXPECT_TRUE(TestRules(session, {path}).ok());
  EXPECT_THAT(notes.str(), AllOf(HasSubstr("no file match pattern "), HasSubstr("/b*.yaml\n"),
                                 HasSubstr("is called Dwon")));
}

}  // namespace
}  // namespace forewarn
