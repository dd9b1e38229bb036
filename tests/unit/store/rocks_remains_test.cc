#include "store/rocks_remains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/chunk.h"
#include "store/commit_check.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

class RocksRemainsTest : public RocksFixture {
 protected:
  static constexpr Timestamp kDay = FromMillis(1'767'225'600'000);
  static constexpr ChunkKey kKey{StoredDayOf(kDay), 3, 9, kDay};

  void SetUp() override {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok());
    database_ = *std::move(opened);
  }
  static std::string Stored(double value) {
    std::vector<Sample> samples = {{kDay, value}};
    return EncodeSealed({9, kDay, kDay, 1, EncodeChunk(samples), 0});
  }
  void PutOne(double value, bool merge) {
    DayRemains remains;
    remains.Take(kKey, Stored(value), damage_);
    rocksdb::WriteBatch batch;
    ASSERT_TRUE(remains.Put(*database_, merge, batch, damage_).ok());
    EXPECT_TRUE(remains.empty());
    ASSERT_TRUE(database_->db().Write({}, &batch).ok());
  }
  std::vector<Rollup> Rollups(uint8_t stretch) {
    std::string value;
    std::vector<Rollup> rollups;
    std::string key = EncodeKey(RollupKey{kKey.day, stretch, kKey.partition, kKey.id});
    EXPECT_TRUE(database_->db().Get({}, database_->family(kRollups), key, &value).ok());
    EXPECT_TRUE(DecodeRollups(value, rollups).ok());
    return rollups;
  }

  std::unique_ptr<RocksDatabase> database_;
  DropDamage damage_;
};

TEST_F(RocksRemainsTest, ReplacesTheRollupsThatThereAreOrAddsToThem) {
  PutOne(1, false);
  PutOne(2, false);
  for (uint8_t stretch : {0, 1})
    EXPECT_EQ(Rollups(stretch), (std::vector<Rollup>{{2, 2, 2, 1, {kDay, 2}}}));
  PutOne(5, true);
  for (uint8_t stretch : {0, 1}) EXPECT_EQ(Rollups(stretch)[0].sum, 7);
  EXPECT_TRUE(damage_.Outcome().ok());
}

TEST_F(RocksRemainsTest, SaysWhatCouldNotBeReadAndLeavesNothingOfIt) {
  DayRemains remains;
  remains.Take(kKey, "", damage_);
  EXPECT_TRUE(remains.empty());
  rocksdb::WriteBatch batch;
  ASSERT_TRUE(remains.Put(*database_, true, batch, damage_).ok());
  EXPECT_EQ(batch.Count(), 0u);
  EXPECT_EQ(damage_.Outcome().code(), Code::kDataLoss);
  EXPECT_THAT(damage_.Outcome().message(), HasSubstr("1 records"));
  EXPECT_THAT(damage_.Outcome().message(), HasSubstr("series 9 of partition 3 from 2026-01-01"));
}

}  // namespace
}  // namespace forewarn
