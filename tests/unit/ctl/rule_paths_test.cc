#include "ctl/rule_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/ctl/folder_fixture.h"

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RulePathsTest : public FolderFixture {
 protected:
  static std::vector<std::string> Names(const std::vector<BundleFile>& files) {
    std::vector<std::string> names;
    for (const BundleFile& file : files) names.push_back(file.path);
    return names;
  }
};

TEST_F(RulePathsTest, AFolderIsAllThatIsBelowItAndTestsAreNoRules) {
  std::string a = Write("a.yaml", "groups: []\n");
  std::string b = Write("deep/er/b.yml", "not yaml: [");
  std::string c = Write("tests/c.yaml", "rule_files: []\n");
  Write("notes.txt", "");
  StatusOr<RulePaths> read = ReadRulePaths({dir_ + "/"});
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_THAT(Names(read->rules), ElementsAre(a, b));
  EXPECT_THAT(Names(read->tests), ElementsAre(c));
}

TEST_F(RulePathsTest, OfABundleOnlyItsRulesAreTaken) {
  Write("customers.yaml", "");
  std::string a = Write("rules/a.yaml", "");
  EXPECT_THAT(Names(ReadRulePaths({dir_})->rules), ElementsAre(a));
}

TEST_F(RulePathsTest, AFileThatIsNamedIsRulesUnlessItHasTests) {
  std::string path = Write("r.txt", "rules: []\n");
  EXPECT_THAT(Names(ReadRulePaths({path})->rules), ElementsAre(path));
  EXPECT_EQ(ReadRulePaths({Write("t.yaml", "tests: []\n")}).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(ReadRulePaths({dir_ + "/missing.yaml"}).status().code(), Code::kNotFound);
}

TEST_F(RulePathsTest, AGlobIsWhatItMatches) {
  std::string b = Write("b.yaml", "");
  std::string a = Write("a.yaml", "");
  EXPECT_THAT(Glob(dir_ + "/*.yaml"), ElementsAre(a, b));
  EXPECT_THAT(Glob(a), ElementsAre(a));
  EXPECT_THAT(Glob(dir_ + "/c*"), IsEmpty());
  EXPECT_THAT(Glob(dir_ + "/c.yaml"), IsEmpty());
}

}  // namespace
}  // namespace forewarn
