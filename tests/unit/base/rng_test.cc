#include "base/rng.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

// A failing simulation is repeated from its seed, on any machine.
TEST(Rng, TheSameSeedGivesTheSameNumbersEverywhere) {
  Rng rng(1);
  EXPECT_EQ(rng.Next(), 2469588189546311528u);
  EXPECT_EQ(rng.Below(1000), 462u);
  EXPECT_DOUBLE_EQ(rng.Unit(), 0.4512149038445381);
}

TEST(Rng, BelowReachesEveryValueAndNoOther) {
  Rng rng(2);
  int seen[3] = {};
  for (int i = 0; i < 300; ++i) {
    uint64_t value = rng.Below(3);
    ASSERT_LT(value, 3u);
    ++seen[value];
  }
  for (int count : seen) EXPECT_GT(count, 50);
}

TEST(Rng, ChanceKeepsItsProbability) {
  Rng rng(3);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += rng.Chance(0.3);
  EXPECT_NEAR(hits, 3000, 200);
  EXPECT_FALSE(rng.Chance(0));
  EXPECT_TRUE(rng.Chance(1));
}

}  // namespace
}  // namespace forewarn
