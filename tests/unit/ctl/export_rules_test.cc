#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "base/file.h"
#include "ctl/commands.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr char kRules[] =
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: d < 5\n    forewarn: {playbook: p}\n";
constexpr char kExported[] = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: d < 5\n";

class ExportRulesTest : public testing::Test {
 protected:
  ExportRulesTest() {
    std::string folder = testing::TempDir() + "/forewarn-ctl-XXXXXX";
    dir_ = mkdtemp(folder.data());
  }
  ~ExportRulesTest() override { std::filesystem::remove_all(dir_); }
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = dir_ + "/" + name;
    EXPECT_TRUE(MakeDirs(path.substr(0, path.rfind('/'))).ok());
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return path;
  }
  std::string dir_;
  std::ostringstream out;
  std::ostringstream notes;
  Session session{nullptr, out, notes, false, FromMillis(0)};
};

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
