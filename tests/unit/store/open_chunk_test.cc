#include "store/open_chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace forewarn {
namespace {

TEST(OpenChunk, SealsToTheSameBytesWhateverTheOrderOfArrival) {
  std::vector<Sample> samples;
  for (int i = 0; i < 100; ++i) samples.push_back({FromMillis(i * 1000), i * 0.5});
  OpenChunk in_order(kTimeZero);
  for (const Sample& sample : samples) EXPECT_TRUE(in_order.Add(sample.at, sample.value, 1));
  SealedChunk expected = in_order.Seal(3);
  EXPECT_EQ(expected.count, 100u);
  EXPECT_EQ(expected.first, samples.front().at);
  EXPECT_EQ(expected.last, samples.back().at);

  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<Sample> shuffled = samples;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    OpenChunk chunk(kTimeZero);
    for (const Sample& sample : shuffled) EXPECT_TRUE(chunk.Add(sample.at, sample.value, 1));
    EXPECT_EQ(chunk.Samples(), samples);
    EXPECT_EQ(chunk.Seal(3).bytes, expected.bytes);
  }
}

TEST(OpenChunk, KeepsTheFirstOfTwoSamplesOfTheSameTime) {
  OpenChunk chunk(kTimeZero);
  EXPECT_TRUE(chunk.Add(FromMillis(10), 1, 1));
  EXPECT_TRUE(chunk.Add(FromMillis(30), 3, 1));
  EXPECT_TRUE(chunk.Add(FromMillis(20), 2, 1));
  EXPECT_FALSE(chunk.Add(FromMillis(10), 9, 1));
  EXPECT_FALSE(chunk.Add(FromMillis(20), 9, 1));
  EXPECT_FALSE(chunk.Add(FromMillis(30), 9, 1));
  EXPECT_EQ(chunk.Samples(),
            (std::vector<Sample>{{FromMillis(10), 1}, {FromMillis(20), 2}, {FromMillis(30), 3}}));
}

TEST(OpenChunk, RemembersTheSequenceOfItsFirstSample) {
  OpenChunk chunk(kTimeZero);
  chunk.Add(FromMillis(10), 1, 7);
  chunk.Add(FromMillis(5), 1, 8);
  EXPECT_EQ(chunk.opened(), 7u);
}

}  // namespace
}  // namespace forewarn
