#include "store/rocks_retention.h"

#include <gtest/gtest.h>

#include "model/ids.h"
#include "store/chunk.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

constexpr Timestamp kDay = FromMillis(1'767'225'600'000);  // the start of one

class RocksRetentionTest : public RocksFixture {
 protected:
  void SetUp() override { store_ = Open(); }

  // A chunk of one sample every 15 s.
  void Seal(SeriesId id, Timestamp first, size_t count) {
    std::vector<Sample> samples;
    for (size_t i = 0; i < count; ++i) {
      samples.push_back({first + 15s * static_cast<int64_t>(i), static_cast<double>(i)});
    }
    Commit commit;
    commit.sequence = ++sequence_;
    commit.chunks = {{id, samples.front().at, samples.back().at, static_cast<uint32_t>(count),
                      EncodeChunk(samples), 0}};
    ASSERT_TRUE(store_->Commit({&commit, 1}).ok());
  }
  Store::Retention Before(Timestamp chunks) {
    Store::Retention retention;
    retention.chunks_before = chunks;
    retention.history_before = kTimeZero;
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    return retention;
  }
  uint64_t CountIn(const std::vector<Rollup>& rollups) {
    uint64_t count = 0;
    for (const Rollup& rollup : rollups) count += rollup.count;
    return count;
  }
  std::vector<Rollup> Rollups(SeriesId id, Duration stretch) {
    auto read = store_->ReadRollups(0, id, stretch, Timestamp::min(), Timestamp::max());
    EXPECT_TRUE(read.ok()) << read.status().ToString();
    return *read;
  }

  std::unique_ptr<Store> store_;
  uint64_t sequence_ = 0;
};

TEST_F(RocksRetentionTest, LeavesTheRollupsOfWhatItDrops) {
  for (SeriesId id : {1u, 2u}) {
    Seal(id, kDay, 240);
    Seal(id, kDay + 1h, 240);
    Seal(id, kDay + 24h, 240);
  }
  ASSERT_TRUE(store_->Drop(Before(kDay + 30h)).ok());
  EXPECT_EQ(store_->RawFrom(), kDay + 24h);
  for (SeriesId id : {1u, 2u}) {
    EXPECT_EQ(store_->ReadChunks(0, id, kDay, kDay + 48h)->size(), 1u);
    EXPECT_EQ(Rollups(id, 5min).size(), 24u);
    EXPECT_EQ(CountIn(Rollups(id, 5min)), 480u);
    EXPECT_EQ(Rollups(id, 60min).size(), 2u);
    EXPECT_EQ(CountIn(Rollups(id, 60min)), 480u);
  }
  store_.reset();
  store_ = Open();
  EXPECT_EQ(store_->RawFrom(), kDay + 24h);
}

TEST_F(RocksRetentionTest, AddsWhatCameLateForADayThatWasDropped) {
  Seal(1, kDay, 240);
  ASSERT_TRUE(store_->Drop(Before(kDay + 24h)).ok());
  Seal(1, kDay + 1h, 240);
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(store_->Drop(Before(kDay + 24h)).ok());
    EXPECT_EQ(CountIn(Rollups(1, 5min)), 480u) << "and counts nothing twice";
  }
  EXPECT_TRUE(store_->ReadChunks(0, 1, kDay, kDay + 24h)->empty());
}

// Settings may accept samples that are older than what is kept, and results of rules know no age.
TEST_F(RocksRetentionTest, RollsUpWhatIsCommittedForADayWhileItIsDropped) {
  for (SeriesId id : {1u, 2u, 3u}) Seal(id, kDay, 240);
  Store::Retention retention = Before(kDay + 24h);
  int asked = 0;
  retention.stop = [&] {
    if (asked++ == 0) {
      for (SeriesId id : {1u, 3u}) Seal(id, kDay + 2h, 10);
    }
    return false;
  };
  ASSERT_TRUE(store_->Drop(retention).ok());
  EXPECT_GT(asked, 0);
  for (auto [id, count] : {std::pair(1u, 250u), std::pair(2u, 240u), std::pair(3u, 250u)}) {
    EXPECT_EQ(CountIn(Rollups(id, 5min)), count);
    EXPECT_EQ(CountIn(Rollups(id, 60min)), count);
    EXPECT_TRUE(store_->ReadChunks(0, id, kDay, kDay + 24h)->empty());
  }
}

TEST_F(RocksRetentionTest, EndsEarlyWhenAskedToAndGoesOnTheNextTime) {
  for (SeriesId id : {1u, 2u, 3u}) Seal(id, kDay, 240);
  Store::Retention retention = Before(kDay + 24h);
  retention.stop = [] { return true; };
  ASSERT_TRUE(store_->Drop(retention).ok());
  EXPECT_EQ(store_->ReadChunks(0, 1, kDay, kDay + 24h)->size(), 1u);
  EXPECT_EQ(store_->RawFrom(), Timestamp::min());
  retention.stop = nullptr;
  ASSERT_TRUE(store_->Drop(retention).ok());
  for (SeriesId id : {1u, 2u, 3u}) EXPECT_EQ(CountIn(Rollups(id, 5min)), 240u);
}

TEST_F(RocksRetentionTest, DropsADamagedChunkWithItsDay) {
  Seal(1, kDay, 10);
  Commit commit;
  commit.sequence = ++sequence_;
  commit.chunks = {{2, kDay, kDay + 1h, 3, "damaged", 0}};
  ASSERT_TRUE(store_->Commit({&commit, 1}).ok());
  ASSERT_TRUE(store_->Drop(Before(kDay + 24h)).ok());
  EXPECT_TRUE(store_->ReadChunks(0, 2, kDay, kDay + 24h)->empty());
  EXPECT_EQ(CountIn(Rollups(1, 60min)), 10u);
  EXPECT_TRUE(Rollups(2, 60min).empty());
}

TEST_F(RocksRetentionTest, DropsRollupsInTheirTime) {
  Seal(1, kDay, 10);
  Seal(1, kDay + 24h, 10);
  Store::Retention retention = Before(kDay + 48h);
  ASSERT_TRUE(store_->Drop(retention).ok());
  EXPECT_EQ(CountIn(Rollups(1, 60min)), 20u);
  retention.rollups_before = kDay + 24h;
  ASSERT_TRUE(store_->Drop(retention).ok());
  EXPECT_EQ(CountIn(Rollups(1, 60min)), 10u);
}

}  // namespace
}  // namespace forewarn
