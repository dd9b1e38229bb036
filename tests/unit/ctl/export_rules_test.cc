#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "ctl/commands.h"
#include "tests/unit/ctl/folder_fixture.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr char kRules[] =
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: d < 5\n    forewarn: {playbook: p}\n";
constexpr char kExported[] = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: d < 5\n";

class ExportRulesTest : public FolderFixture {};

TEST_F(ExportRulesTest, OneFileIsPrintedAndSeveralAreWritten) {
  std::string a = Write("a.yaml", kRules);
  std::string b = Write("b.yaml", "detectors: [{record: d, forecast: {series: x}}]\n");
  ASSERT_TRUE(ExportRules(session, {a}, "").ok());
  EXPECT_EQ(out.str(), kExported);
  EXPECT_THAT(ExportRules(session, {a, b}, "").message(), HasSubstr("name a folder"));
  ASSERT_TRUE(ExportRules(session, {a, b}, dir_ + "/out").ok());
  EXPECT_EQ(*ReadFile(dir_ + "/out/a.yaml"), kExported);
  EXPECT_TRUE(FileExists(dir_ + "/out/b.yaml"));
  EXPECT_THAT(notes.str(), HasSubstr("warning: " + a + ": 'A' reads d, which a detector records"));
}

TEST_F(ExportRulesTest, NothingIsWrittenOverTheRulesOrOverEachOther) {
  std::string a = Write("a.yaml", kRules);
  EXPECT_THAT(ExportRules(session, {a}, dir_).message(), HasSubstr("would be overwritten"));
  EXPECT_EQ(*ReadFile(a), kRules);
  std::string other = Write("other/a.yaml", kRules);
  EXPECT_THAT(ExportRules(session, {a, other}, dir_ + "/out").message(),
              HasSubstr("have the same name"));
  EXPECT_FALSE(FileExists(dir_ + "/out"));
}

TEST_F(ExportRulesTest, RulesWithMistakesAreRefused) {
  std::string a = Write("a.yaml", "group: []\n");
  EXPECT_THAT(ExportRules(session, {a}, "").message(), HasSubstr(a + ":1:1: unknown key 'group'"));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace forewarn
