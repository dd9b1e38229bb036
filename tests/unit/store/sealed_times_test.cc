#include "store/sealed_times.h"

#include <gtest/gtest.h>

#include <map>

namespace forewarn {
namespace {

Timestamp At(int second) { return kTimeZero + std::chrono::seconds(second); }

class SealedTimesTest : public ::testing::Test {
 protected:
  bool Contains(int second) {
    auto found = times_.Contains(At(second), [this](Timestamp first) {
      ++reads_;
      return StatusOr<std::vector<Timestamp>>(chunks_[first]);
    });
    EXPECT_TRUE(found.ok());
    return *found;
  }
  void Add(const std::vector<int>& seconds) {
    std::vector<Timestamp>& chunk = chunks_[At(seconds.front())];
    for (int second : seconds) chunk.push_back(At(second));
    times_.Add(At(seconds.front()), At(seconds.back()));
  }

  SealedTimes times_;
  std::map<Timestamp, std::vector<Timestamp>> chunks_;
  int reads_ = 0;
};

TEST_F(SealedTimesTest, FindsATimeInAnyOfChunksThatOverlap) {
  EXPECT_FALSE(Contains(1));
  Add({20, 30, 40});
  Add({10, 25, 35});
  for (int second : {10, 20, 25, 30, 35, 40}) EXPECT_TRUE(Contains(second)) << second;
  for (int second : {9, 11, 21, 26, 36, 41}) EXPECT_FALSE(Contains(second)) << second;
}

TEST_F(SealedTimesTest, ReadsAChunkOnlyForATimeWithinItAndOnce) {
  Add({10, 12, 14});
  Add({20, 22, 24});
  for (int second : {5, 10, 14, 15, 20, 24, 30}) Contains(second);
  EXPECT_EQ(reads_, 0);
  for (int second : {11, 12, 13}) Contains(second);
  EXPECT_EQ(reads_, 1);
  for (int second : {21, 22, 23}) Contains(second);
  EXPECT_EQ(reads_, 2);
  EXPECT_LT(times_.memory_bytes(), 256u);
}

TEST_F(SealedTimesTest, IsCrowdedWhereManyChunksOverlap) {
  for (int i = 0; i < SealedTimes::kOverlapMax; ++i) Add({10 + i, 30, 50});
  EXPECT_FALSE(times_.IsCrowded(At(40)));
  Add({25, 30, 50});
  EXPECT_TRUE(times_.IsCrowded(At(40)));
  EXPECT_FALSE(times_.IsCrowded(At(20)));
  EXPECT_FALSE(times_.IsCrowded(At(51))) << "whoever goes on behind the last chunk may";
}

TEST_F(SealedTimesTest, IsCrowdedBehindMoreChunksThanItRemembers) {
  int end = 2 * static_cast<int>(SealedTimes::kChunksMax);
  for (int i = 0; i < end; i += 2) times_.Add(At(i), At(i + 1));
  EXPECT_FALSE(times_.IsCrowded(At(1)));
  for (int i = end; i < 3 * end; i += 2) times_.Add(At(i), At(i + 1));
  EXPECT_TRUE(times_.IsCrowded(At(1)));
  EXPECT_FALSE(times_.IsCrowded(At(3 * end)));
  EXPECT_LT(times_.memory_bytes(), 3 * SealedTimes::kChunksMax * sizeof(Timestamp) * 2);
}

TEST_F(SealedTimesTest, SaysThatAChunkCannotBeReadAndReadsItAgain) {
  Add({10, 12, 14});
  auto damaged = times_.Contains(
      At(12), [](Timestamp) { return StatusOr<std::vector<Timestamp>>(DataLoss("damaged")); });
  EXPECT_EQ(damaged.status().code(), Code::kDataLoss);
  EXPECT_TRUE(Contains(12));
}

}  // namespace
}  // namespace forewarn
