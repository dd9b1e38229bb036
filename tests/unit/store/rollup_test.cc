#include "store/rollup.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace forewarn {
namespace {

std::vector<Sample> Walk(size_t count) {
  std::mt19937_64 random(5);
  std::vector<Sample> samples;
  Timestamp at = kTimeZero - 3h;
  for (size_t i = 0; i < count; ++i) {
    at += Duration(1 + random() % 60'000);
    samples.push_back({at, static_cast<double>(random() % 1000) / 10});
  }
  return samples;
}

TEST(Rollup, TellsWhatASampleWouldOfEachStretch) {
  Timestamp noon = kTimeZero + 12h;
  std::vector<Rollup> rollups = RollUp(
      std::vector<Sample>{{noon, 5}, {noon + 1min, 2}, {noon + 5min - 1ms, 3}, {noon + 5min, 7}},
      5min);
  ASSERT_EQ(rollups.size(), 2u);
  EXPECT_EQ(rollups[0], (Rollup{2, 5, 10, 3, {noon + 5min - 1ms, 3}}));
  EXPECT_EQ(rollups[1], (Rollup{7, 7, 7, 1, {noon + 5min, 7}}));
}

TEST(Rollup, CountsNumbersOnlyAndKeepsAStaleMarkerThatComesLast) {
  std::vector<Rollup> rollups = RollUp(
      std::vector<Sample>{
          {kTimeZero, std::nan("")}, {kTimeZero + 1s, 4}, {kTimeZero + 2s, StaleMarker()}},
      5min);
  ASSERT_EQ(rollups.size(), 1u);
  EXPECT_EQ(rollups[0], (Rollup{4, 4, 4, 1, {kTimeZero + 2s, StaleMarker()}}));
}

TEST(Rollup, OfPartsIsThatOfTheWhole) {
  std::vector<Sample> samples = Walk(2000);
  for (Duration stretch : kRollupStretches) {
    std::vector<Sample> odd, even;
    for (size_t i = 0; i < samples.size(); ++i) (i % 2 == 0 ? even : odd).push_back(samples[i]);
    std::vector<Rollup> merged = RollUp(even, stretch);
    Merge(RollUp(odd, stretch), stretch, merged);
    std::vector<Rollup> whole = RollUp(samples, stretch);
    ASSERT_EQ(merged.size(), whole.size());
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_NEAR(merged[i].sum, whole[i].sum, 1e-9);
      merged[i].sum = whole[i].sum;
      EXPECT_EQ(merged[i], whole[i]);
    }
  }
}

TEST(Rollup, ComesBackFromItsBytesAndRefusesOthers) {
  std::vector<Rollup> rollups = RollUp(Walk(500), 5min);
  std::string bytes = EncodeRollups(rollups);
  std::vector<Rollup> back;
  ASSERT_TRUE(DecodeRollups(bytes, back).ok());
  EXPECT_EQ(back, rollups);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeRollups(bytes.substr(0, size), back).code(), Code::kDataLoss);
  }
  EXPECT_EQ(DecodeRollups(bytes + "x", back).code(), Code::kDataLoss);
  EXPECT_EQ(back, rollups) << "what was there must stay";
}

}  // namespace
}  // namespace forewarn
