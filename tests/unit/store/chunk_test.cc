#include "store/chunk.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/bytes.h"

namespace forewarn {
namespace {

std::vector<Sample> RoundTrip(const std::vector<Sample>& samples) {
  std::vector<Sample> result;
  Status status = DecodeChunk(EncodeChunk(samples), result);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return result;
}

std::vector<Sample> Every15s(const std::vector<double>& values) {
  std::vector<Sample> samples;
  for (size_t i = 0; i < values.size(); ++i) {
    samples.push_back(
        {FromMillis(1'700'000'000'000 + 15'000 * static_cast<int64_t>(i)), values[i]});
  }
  return samples;
}

TEST(Chunk, GivesBackEveryBitOfEveryValue) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<std::vector<double>> cases = {
      {0.0},
      {-0.0},
      {1, 1, 1, 1},
      {0.0, -0.0, 0.0},
      {0.1, 0.2, 0.3, 12.75, -99.999999999},
      {1e300, -1e-300, 5e-324, kInfinity, -kInfinity},
      {StaleMarker(), 1, std::nan("1"), -std::nan("2"), StaleMarker()},
      {9007199254740991, 9007199254740992, 9007199254740994, -9007199254740991},
      {1234567, 1234570, 1234570, 1234599, 1},
      {10, 20, 30, 40, 40, 40, 41, 7},
  };
  for (const auto& values : cases) {
    std::vector<Sample> samples = Every15s(values);
    EXPECT_EQ(RoundTrip(samples), samples);
  }
}

TEST(Chunk, GivesBackAnyIncreasingTimes) {
  std::vector<Sample> samples;
  for (int64_t at : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1},
                     int64_t{15'000}, int64_t{15'001}, std::numeric_limits<int64_t>::max()}) {
    samples.push_back({FromMillis(at), 1});
  }
  EXPECT_EQ(RoundTrip(samples), samples);
}

TEST(Chunk, GivesBackRandomWalks) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Sample> samples;
    int64_t at = 1'700'000'000'000;
    double value = 0;
    size_t count = 1 + random() % 500;
    int shape = round % 4;
    for (size_t i = 0; i < count; ++i) {
      at += shape == 0 ? 15'000 : 1 + static_cast<int64_t>(random() % 30'000);
      if (shape == 1) value += static_cast<double>(random() % 100) / 100;
      if (shape == 2) value = std::bit_cast<double>(random());
      if (shape == 3 && random() % 5 == 0) value = static_cast<double>(random() % 3);
      samples.push_back({FromMillis(at), value});
    }
    ASSERT_EQ(RoundTrip(samples), samples) << round;
  }
}

TEST(Chunk, TakesNothingForTheTimesOfARegularSeriesAndTheValuesOfAConstantOne) {
  std::vector<Sample> samples = Every15s(std::vector<double>(480, 0.25));
  EXPECT_LT(EncodeChunk(samples).size(), 32u);
}

TEST(Chunk, TakesOneByteASampleForACounterWithSmallSteps) {
  std::vector<double> values;
  for (int i = 0; i < 480; ++i) values.push_back(1e9 + i * 50 + i % 7);
  EXPECT_LT(EncodeChunk(Every15s(values)).size(), 480u * 9 / 8);
}

TEST(Chunk, RefusesBytesThatAreCutShortOrGoOn) {
  for (const auto& samples :
       {Every15s({1, 1, 1}), Every15s({1, 2, 4.5}), Every15s({1e300, 2, 0.1})}) {
    std::string bytes = EncodeChunk(samples);
    for (size_t size = 0; size < bytes.size(); ++size) {
      std::vector<Sample> out = Every15s({5});
      Status status = DecodeChunk(std::string_view(bytes).substr(0, size), out);
      EXPECT_EQ(status.code(), Code::kDataLoss) << size;
      EXPECT_EQ(out, Every15s({5})) << "what was there must stay";
    }
    std::vector<Sample> out;
    EXPECT_FALSE(DecodeChunk(bytes + '\0', out).ok());
  }
}

TEST(Chunk, SurvivesAnyFlippedBit) {
  std::mt19937_64 random(11);
  for (const auto& samples :
       {Every15s({1, 1, 1}), Every15s({1, 2, 4.5, 1e9}), Every15s({1e300, 2, 0.1, 7, 7})}) {
    std::string bytes = EncodeChunk(samples);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string bad = bytes;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
      std::vector<Sample> out;
      if (!DecodeChunk(bad, out).ok()) continue;
      for (size_t i = 1; i < out.size(); ++i) ASSERT_LT(out[i - 1].at, out[i].at);
    }
  }
}

TEST(Chunk, RefusesMoreSamplesThanAChunkMayHold) {
  Encoder bad;
  bad.U8(1);
  bad.Varint(kChunkSamplesMax + 1);
  bad.Signed(0);
  bad.Varint(1);
  bad.Signed(0);
  bad.Varint(kChunkSamplesMax - 1);
  bad.U8(0);
  bad.Double(1);
  std::vector<Sample> out;
  EXPECT_EQ(DecodeChunk(bad.str(), out).code(), Code::kDataLoss);
}

}  // namespace
}  // namespace forewarn
