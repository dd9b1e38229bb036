#include "model/regex.h"

#include <gmock/gmock.h>
#include <re2/re2.h>

namespace forewarn {
namespace {

using testing::HasSubstr;

TEST(CompileRegex, CompilesWhatIsWithinTheBounds) {
  const auto regex = CompileRegex("web(\\d+)");
  ASSERT_TRUE(regex.ok()) << regex.status().message();
  EXPECT_TRUE(RE2::FullMatch("web1", **regex));
  EXPECT_EQ((*regex)->NumberOfCapturingGroups(), 1);
}

TEST(CompileRegex, RefusesWithTheReason) {
  EXPECT_THAT(CompileRegex("x(").status().message(),
              HasSubstr("the regular expression 'x(' is bad: missing )"));
  EXPECT_THAT(CompileRegex(std::string((64 << 10) + 1, 'x')).status().message(),
              HasSubstr("longer than 65536 bytes"));
  EXPECT_THAT(CompileRegex("(\\C).*").status().message(),
              HasSubstr("invalid escape sequence: \\C"));
  EXPECT_TRUE(CompileRegex("\\\\C").ok()) << "a backslash and a letter";
  std::string large;
  for (int i = 0; i < 60; ++i) large += "[a-z]{1000}";
  EXPECT_THAT(CompileRegex(large).status().message(), HasSubstr("steps, more than 50000"));
}

}  // namespace
}  // namespace forewarn
