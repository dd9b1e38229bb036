#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace forewarn {
namespace {

TEST(Random, HexHasTwoDigitsAByte) {
  EXPECT_EQ(RandomHex(0), "");
  EXPECT_EQ(RandomHex(32).size(), 64u);
  EXPECT_EQ(RandomHex(32).find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Random, UuidsAreOfVersion4AndNeverRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string uuid = RandomUuid();
    ASSERT_EQ(uuid.size(), 36u);
    ASSERT_THAT(uuid, testing::MatchesRegex("........-....-4...-[89ab]...-............"));
    ASSERT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace forewarn
