#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "config/bundle_files.h"
#include "ctl/commands.h"
#include "tests/unit/ctl/folder_fixture.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kGoodRules[] =
    "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up == 0\n  - record: a:b\n    expr: "
    "sum(up)\n";
constexpr char kBadRules[] =
    "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up ==\n  - alert: X\n    exp: up\n";

class CheckTest : public FolderFixture {};

TEST_F(CheckTest, GoodRulesAreCounted) {
  Write("rules/a.yaml", kGoodRules);
  Write("customers.yaml", "customers: []\n");
  ASSERT_TRUE(CheckRules(session, {dir_}).ok()) << CheckRules(session, {dir_}).message();
  EXPECT_THAT(out.str(), HasSubstr("good: 2 rules in 1 group of 1 file\n"));
}

TEST_F(CheckTest, EveryMistakeOfRulesIsListedByThePathThatWasGiven) {
  std::string path = Write("bad.yaml", kBadRules);
  EXPECT_THAT(CheckRules(session, {path}).message(),
              AllOf(HasSubstr(path + ":5:"), HasSubstr(path + ":7:5")));
  EXPECT_EQ(CheckRules(session, {dir_ + "/missing.yaml"}).code(), Code::kNotFound);
  ASSERT_TRUE(MakeDirs(dir_ + "/empty").ok());
  EXPECT_EQ(CheckRules(session, {dir_ + "/empty"}).code(), Code::kNotFound);
}

TEST_F(CheckTest, WhatCanOnlyFailIsAMistakeWithItsPlace) {
  const std::string head = "groups:\n- name: g\n  rules:\n";
  const std::string rules =
      Write("rules/a.yaml", head +
                                "  - {alert: A, expr: 'http_requests_total[5m]'}\n"
                                "  - alert: B\n    expr: |\n      up == 1 and\n"
                                "      label_replace(up, \"x\", \"$1\", \"job\", \"(\") == 0\n");
  Write("customers.yaml", "customers: []\n");
  const std::string first =
      "4:23: a rule needs an instant vector or a scalar, not a range vector; put a function such "
      "as rate() around it\n    - {alert: A, expr: 'http_requests_total[5m]'}\n"
      "                        ^\n";
  const std::string second =
      ":8:43: label_replace: the regular expression '^(?:()$' is bad: missing ): ^(?:()$\n"
      "        label_replace(up, \"x\", \"$1\", \"job\", \"(\") == 0\n"
      "                                            ^";
  EXPECT_EQ(CheckRules(session, {rules}).message(), rules + ":" + first + rules + second);
  EXPECT_EQ(CheckConfig(session, dir_, "").message(),
            "rules/a.yaml:" + first + "rules/a.yaml" + second);
}

TEST_F(CheckTest, RulesThatMayCollideAreWarnedOf) {
  std::string path = Write("rules/a.yaml",
                           "groups:\n- name: g\n  rules:\n  - {record: r, expr: x}\n"
                           "  - {record: r, expr: x * 2}\n  - {record: up, expr: up * 3}\n");
  ASSERT_TRUE(CheckRules(session, {path}).ok());
  EXPECT_THAT(notes.str(), AllOf(HasSubstr("warning: " + path + ":5:14: 'r' is recorded with"),
                                 HasSubstr("warning: " + path +
                                           ":6:14: the rule reads 'up', which it records")));
  EXPECT_THAT(out.str(), HasSubstr("good: 3 rules"));
  Write("customers.yaml", "customers: []\n");
  ASSERT_TRUE(CheckConfig(session, dir_, "").ok());
  EXPECT_THAT(notes.str(), HasSubstr("warning: rules/a.yaml:5:14: "));
}

TEST_F(CheckTest, AQuoteThatIsNotClosedIsAMistakeInEveryFile) {
  const std::string open = ": this quote is not closed";
  const std::string rules = Write("rules/a.yaml", "groups:\n- name: \"g\n  rules: []\n");
  EXPECT_THAT(CheckRules(session, {rules}).message(), HasSubstr(rules + ":2:9" + open));
  Write("rules/a.yaml", kGoodRules);
  const std::string tests = Write("rules/tests/a.yaml", "rule_files: ['../a.yaml]\ntests: []\n");
  EXPECT_THAT(CheckRules(session, {dir_}).message(), HasSubstr(tests + ":1:14" + open));
  Write("rules/tests/a.yaml", "rule_files: [../a.yaml]\ntests: []\n");
  Write("customers.yaml", "customers:\n- id: acme\n  name: \"Acme\n- id: globex\n");
  EXPECT_THAT(CheckConfig(session, dir_, "").message(), HasSubstr("customers.yaml:3:9" + open));
}

TEST_F(CheckTest, UnitTestsThatLieBesideRulesAreCheckedAsSuch) {
  Write("a.yaml", kGoodRules);
  std::string path = Write("tests/a.yaml", "rule_files: [../a.yaml]\ntests: []\n");
  ASSERT_TRUE(CheckRules(session, {dir_}).ok()) << CheckRules(session, {dir_}).message();
  EXPECT_THAT(out.str(), HasSubstr("of 1 file, and 1 file of tests\n"));
  Write("tests/a.yaml", "rule_files: [../a.yaml]\ntest: []\n");
  EXPECT_THAT(CheckRules(session, {dir_}).message(), HasSubstr(path + ":2:1: unknown key 'test'"));
}

TEST_F(CheckTest, FilesOfTheOtherKindAreToldSo) {
  const std::string tests = Write("tests/a.yaml", "rule_files: [../a.yaml]\ntests: []\n");
  EXPECT_THAT(
      CheckRules(session, {tests}).message(),
      HasSubstr(tests +
                ": has unit tests of rules, and no rules; run it with `forewarnctl rules test`"));
  EXPECT_THAT(CheckRules(session, {dir_ + "/tests"}).message(),
              HasSubstr("what was named has 1 file of unit tests and no rules"));
  const std::string rules = Write("a.yaml", kGoodRules);
  EXPECT_FALSE(TestRules(session, {rules}).ok());
  EXPECT_THAT(out.str(), HasSubstr(rules + ": has rules, and no unit tests of them"));
  EXPECT_THAT(CheckConfig(session, dir_, "").message(),
              HasSubstr("a bundle is the folder in which `rules` lies"));
}

TEST_F(CheckTest, ProgramsReadWhatRulesHave) {
  session.json = true;
  ASSERT_TRUE(CheckRules(session, {Write("a.yaml", kGoodRules)}).ok());
  EXPECT_THAT(out.str(), HasSubstr("\"rules\": 2,"));
  EXPECT_FALSE(CheckRules(session, {Write("b.yaml", kBadRules)}).ok());
  EXPECT_THAT(out.str(), HasSubstr("\"line\": 7,"));
}

TEST_F(CheckTest, AWarningThatThereIsNotIsAMistakeOfTheRules) {
  std::string text = kGoodRules;
  text.insert(text.find("  - record"), "    forewarn: {warning: disk_wil_fill}\n");
  std::string path = Write("rules/a.yaml", text);
  EXPECT_THAT(CheckRules(session, {path}).message(),
              HasSubstr(path + ":6:25: there is no text 'disk_wil_fill'"));
  EXPECT_THAT(CheckConfig(session, dir_, "").message(), HasSubstr("did you mean 'disk_will_fill'"));
}

TEST_F(CheckTest, SettingsAreCheckedForTheProgramThatReadsThem) {
  ASSERT_TRUE(CheckConfig(session, Write("a.yaml", "collector: a.example.com:1\n"), "").ok());
  EXPECT_THAT(out.str(), HasSubstr("a good file for the probe"));
  ASSERT_TRUE(CheckConfig(session, Write("b.yaml", "log_level: debug\n"), "").ok());
  EXPECT_THAT(out.str(), HasSubstr("a good file for the collector"));
  EXPECT_THAT(CheckConfig(session, Write("c.yaml", "log_level: debug\n"), "probe").message(),
              HasSubstr("c.yaml:1:1: the key 'collector' is missing"));
}

TEST_F(CheckTest, TheKindIsThatWhoseKeysTheFileHasMostOfAndIsSaid) {
  // A typo does not make it another program's.
  Status status = CheckConfig(
      session, Write("p.yaml", "colector: a:1\nspool: {max_size: 1GiB}\nlogs: []\n"), "");
  EXPECT_THAT(status.message(), AllOf(HasSubstr("p.yaml:1:1: unknown key 'colector'"),
                                      HasSubstr("checked as settings of the probe, by its keys; "
                                                "--kind collector overrides that")));
  status = CheckConfig(session,
                       Write("q.yaml", "data_dirr: /x\nshard: {queue_batches: 0}\nsmtp: {}\n"), "");
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("unknown key 'data_dirr'"),
                    HasSubstr("checked as settings of the collector"), HasSubstr("--kind probe")));
  status = CheckConfig(session, dir_ + "/p.yaml", "probe");
  EXPECT_THAT(status.message(), testing::Not(HasSubstr("--kind")));
  ASSERT_TRUE(CheckConfig(session, Write("a.yaml", "collector: a.example.com:1\n"), "").ok());
  EXPECT_THAT(out.str(), HasSubstr("the kind was guessed"));
}

TEST_F(CheckTest, ARuleFileIsCheckedAsOne) {
  ASSERT_TRUE(CheckConfig(session, Write("good.yaml", kGoodRules), "").ok());
  EXPECT_THAT(out.str(), HasSubstr("good: 2 rules in 1 group of 1 file\n"));
  std::string path = Write("bad.yaml", kBadRules);
  EXPECT_THAT(CheckConfig(session, path, "").message(),
              AllOf(HasSubstr(path + ":5:"), HasSubstr(path + ":7:5")));
}

TEST_F(CheckTest, AFolderWithoutABundlesFilesIsNoBundle) {
  Status status = CheckConfig(session, dir_, "");
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(dir_), HasSubstr("customers.yaml")));
}

TEST_F(CheckTest, ABundleThatTellsNobodyIsSaidToBeSo) {
  Write("customers.yaml", "customers: [{id: acme, name: Acme}]\n");
  std::string text = kGoodRules;
  text.insert(text.find("  - record"), "    forewarn: {warning: disk_will_fill}\n");
  Write("rules/a.yaml", text);
  ASSERT_TRUE(CheckConfig(session, dir_, "").ok());
  EXPECT_THAT(notes.str(), AllOf(HasSubstr("warning: routes.yaml: there is no route for support"),
                                 HasSubstr("warning: routes.yaml: rules warn customers ('Down')")));
  EXPECT_THAT(out.str(), HasSubstr("can be applied, with 2 warnings.\n"));
}

TEST_F(CheckTest, WhatIsWrittenTooSeldomForItsReadersIsAWarningOfTheRulesAndOfTheBundle) {
  Write("customers.yaml", "customers: []\n");
  std::string path =
      Write("rules/a.yaml",
            "groups:\n- name: slow\n  interval: 10m\n  rules:\n  - {record: 'a:x', "
            "expr: sum(x)}\n- name: fast\n  rules:\n  - {alert: A, expr: 'a:x > 1'}\n");
  ASSERT_TRUE(CheckRules(session, {path}).ok());
  EXPECT_THAT(notes.str(),
              AllOf(HasSubstr("warning: " + path + ": group 'fast', rule 'A': it looks 5m back"),
                    HasSubstr("read last_over_time(a:x[9m])\n")));
  EXPECT_THAT(out.str(), HasSubstr("good: 2 rules in 2 groups"));
  notes.str("");
  ASSERT_TRUE(CheckConfig(session, dir_, "").ok());
  EXPECT_THAT(notes.str(), HasSubstr("warning: rules/a.yaml: group 'fast', rule 'A'"));
}

TEST_F(CheckTest, AFolderIsABundleWithItsRules) {
  Write("customers.yaml", "customers: [{id: A, name: a}]\n");
  Write("rules/bad.yaml", kBadRules);
  EXPECT_THAT(
      CheckConfig(session, dir_, "").message(),
      AllOf(HasSubstr("customers.yaml:1:18: 'id' must be"), HasSubstr("rules/bad.yaml:5:")));
  Write("customers.yaml", "customers: [{id: a, name: a}]\n");
  Write("rules/bad.yaml", kGoodRules);
  EXPECT_TRUE(CheckConfig(session, dir_, "").ok());
}

// The blocks of YAML on a page of the documentation, each with the last path in front of it that stands
// on a line of its own: `bundle/customers.yaml`.
std::vector<BundleFile> YamlOf(const std::string& page) {
  std::istringstream in(*ReadFile(FW_SOURCE_DIR "/docs/how-to/" + page));
  std::vector<BundleFile> blocks;
  std::string path;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().text += line + "\n";
    } else if (line == "```yaml") {
      blocks.push_back({path, ""});
      inside = true;
    } else if (line.starts_with("`bundle/")) {
      path = line.substr(1, line.rfind('`') - 1);
    }
  }
  return blocks;
}

TEST_F(CheckTest, TheBundleInTheDocumentationIsGoodAndTellsEverybody) {
  std::vector<BundleFile> files = YamlOf("write-a-bundle.md");
  EXPECT_EQ(files.size(), 5u);
  for (const BundleFile& file : files) Write(file.path, file.text);
  Status status = CheckConfig(session, dir_ + "/bundle", "");
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(notes.str(), "");
}

// A whole file of what may be a rule, or the annotations of one.
std::string AsFile(const std::string& text) {
  std::string file = "groups:\n- name: a\n  rules:\n";
  const bool of_rule = text.starts_with("annotations:");
  if (!of_rule && !text.starts_with("- ")) return text;
  if (of_rule) file += "  - alert: A\n    expr: up\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    file += (of_rule ? "    " : "  ") + line + "\n";
  return file;
}

TEST_F(CheckTest, TheRulesInTheDocumentationAreGood) {
  std::vector<BundleFile> files = YamlOf("write-a-rule.md");
  EXPECT_EQ(files.size(), 7u);
  for (const BundleFile& file : files) {
    Status status = CheckRules(session, {Write("rules.yaml", AsFile(file.text))});
    EXPECT_TRUE(status.ok()) << status.message() << "\n" << file.text;
  }
}

}  // namespace
}  // namespace forewarn
