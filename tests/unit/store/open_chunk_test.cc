#include "store/open_chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace forewarn {
namespace {

std::vector<Sample> Every15s(const std::vector<double>& values) {
  std::vector<Sample> samples;
  for (double value : values) {
    samples.push_back({FromMillis(15'000 * static_cast<int64_t>(samples.size())), value});
  }
  return samples;
}

TEST(OpenChunk, GivesBackEveryBitOfEveryValue) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  BlockArena arena;
  for (const auto& values : std::vector<std::vector<double>>{
           {0.0},
           {-0.0, 0.0, -0.0},
           {1, 1, 1, 1, 2, 2, 2},
           {0.1, 0.2, 0.3, 12.75, -99.999999999, 12, 12.5},
           {1e300, -1e-300, 5e-324, kInfinity, kInfinity, -kInfinity, 7},
           {StaleMarker(), 1, std::nan("1"), -std::nan("2"), StaleMarker(), StaleMarker()},
           {9007199254740991, 9007199254740992, 9007199254740994, -9007199254740991, 3},
       }) {
    OpenChunk chunk(kTimeZero);
    for (const Sample& sample : Every15s(values)) {
      EXPECT_TRUE(chunk.Add(arena, sample.at, sample.value, 1));
      EXPECT_EQ(chunk.Last(arena), sample);
    }
    EXPECT_EQ(chunk.Samples(arena), Every15s(values));
    chunk.Clear(arena, kTimeZero);
  }
  EXPECT_EQ(arena.blocks_in_use(), 0u);
}

TEST(OpenChunk, GivesBackRandomWalks) {
  std::mt19937_64 random(7);
  BlockArena arena;
  for (int round = 0; round < 200; ++round) {
    OpenChunk chunk(kTimeZero);
    std::vector<Sample> samples;
    int64_t at = static_cast<int64_t>(random() % 3);
    double value = 0;
    size_t count = 1 + random() % 300;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) at += round % 4 == 0 ? 15'000 : 1 + static_cast<int64_t>(random() % 30'000);
      if (round % 4 == 1) value += static_cast<double>(random() % 100) / 100;
      if (round % 4 == 2) value = std::bit_cast<double>(random());
      if (round % 4 == 3 && random() % 5 == 0) value = static_cast<double>(random() % 3);
      samples.push_back({FromMillis(at), value});
      ASSERT_TRUE(chunk.Add(arena, samples.back().at, value, 1));
    }
    ASSERT_EQ(chunk.Samples(arena), samples) << round;
    chunk.Clear(arena, kTimeZero);
  }
}

TEST(OpenChunk, TakesAFewBytesForAConstantAndTwoASampleForACounter) {
  BlockArena arena;
  OpenChunk constant(kTimeZero), counter(kTimeZero);
  for (int i = 0; i < 480; ++i) {
    constant.Add(arena, FromMillis(15'000 * i), 0.25, 1);
    counter.Add(arena, FromMillis(15'000 * i), 1e9 + i * 50 + i % 7, 1);
  }
  EXPECT_LT(constant.bytes(), 16u);
  EXPECT_LT(counter.bytes(), 2u * 480 + 16);
}

TEST(OpenChunk, SealsToTheSameBytesWhateverTheOrderOfArrival) {
  std::vector<Sample> samples;
  for (int i = 0; i < 100; ++i) samples.push_back({FromMillis(i * 1000), i * 0.5});
  BlockArena arena;
  OpenChunk in_order(kTimeZero);
  for (const Sample& sample : samples) EXPECT_TRUE(in_order.Add(arena, sample.at, sample.value, 1));
  SealedChunk expected = in_order.Seal(arena, 3);
  EXPECT_EQ(expected.count, 100u);
  EXPECT_EQ(expected.first, samples.front().at);
  EXPECT_EQ(expected.last, samples.back().at);

  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<Sample> shuffled = samples;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    OpenChunk chunk(kTimeZero);
    for (const Sample& sample : shuffled) EXPECT_TRUE(chunk.Add(arena, sample.at, sample.value, 1));
    EXPECT_EQ(chunk.Samples(arena), samples);
    EXPECT_EQ(chunk.Seal(arena, 3).bytes, expected.bytes);
  }
}

TEST(OpenChunk, KeepsTheFirstOfTwoSamplesOfTheSameTime) {
  BlockArena arena;
  OpenChunk chunk(kTimeZero);
  EXPECT_TRUE(chunk.Add(arena, FromMillis(10), 1, 1));
  EXPECT_TRUE(chunk.Add(arena, FromMillis(30), 3, 1));
  EXPECT_TRUE(chunk.Add(arena, FromMillis(20), 2, 1));
  EXPECT_FALSE(chunk.Add(arena, FromMillis(10), 9, 1));
  EXPECT_FALSE(chunk.Add(arena, FromMillis(20), 9, 1));
  EXPECT_FALSE(chunk.Add(arena, FromMillis(30), 9, 1));
  EXPECT_EQ(chunk.Samples(arena),
            (std::vector<Sample>{{FromMillis(10), 1}, {FromMillis(20), 2}, {FromMillis(30), 3}}));
}

TEST(OpenChunk, RemembersTheSequenceOfItsFirstSample) {
  BlockArena arena;
  OpenChunk chunk(kTimeZero);
  chunk.Add(arena, FromMillis(10), 1, 7);
  chunk.Add(arena, FromMillis(5), 1, 8);
  EXPECT_EQ(chunk.opened(), 7u);
}

}  // namespace
}  // namespace forewarn
