#include "store/bits.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

TEST(Bits, ComeBackInAnyWidths) {
  std::mt19937_64 random(3);
  std::vector<std::pair<uint64_t, int>> written;
  std::string bytes;
  BitWriter out(bytes);
  for (int i = 0; i < 2000; ++i) {
    int width = static_cast<int>(random() % 65);
    uint64_t value = width == 0 ? 0 : random() >> (64 - width);
    written.emplace_back(value, width);
    out.Put(value, width);
  }
  out.Finish();
  BitReader in(bytes);
  for (auto [value, width] : written) ASSERT_EQ(in.Take(width), value);
  EXPECT_TRUE(in.AtEnd());
}

TEST(Bits, PastTheEndAreZerosAndSaidToBe) {
  BitReader in("\xff");
  EXPECT_EQ(in.Take(8), 0xffu);
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.Take(1), 0u);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.Take(0), 0u);
  EXPECT_FALSE(in.AtEnd());
}

TEST(Bits, AreNotAtTheirEndWhileMoreThanZerosOfOneByteAreLeft) {
  BitReader ones("\x01");
  ones.Take(4);
  EXPECT_FALSE(ones.AtEnd()) << "a one is left";
  BitReader more(std::string_view("\x80\x00", 2));
  more.Take(1);
  EXPECT_FALSE(more.AtEnd()) << "a whole byte is left";
}

}  // namespace
}  // namespace forewarn
