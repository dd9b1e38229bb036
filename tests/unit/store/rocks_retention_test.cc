#include "store/rocks_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ids.h"
#include "store/chunk.h"
#include "store/commit_check.h"
#include "store/format.h"
#include "store/rocks_database.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

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
  EXPECT_EQ(store_->RawFrom(0), kDay + 24h);
  for (SeriesId id : {1u, 2u}) {
    EXPECT_EQ(store_->ReadChunks(0, id, kDay, kDay + 48h)->size(), 1u);
    EXPECT_EQ(Rollups(id, 5min).size(), 24u);
    EXPECT_EQ(CountIn(Rollups(id, 5min)), 480u);
    EXPECT_EQ(Rollups(id, 60min).size(), 2u);
    EXPECT_EQ(CountIn(Rollups(id, 60min)), 480u);
  }
  store_.reset();
  store_ = Open();
  EXPECT_EQ(store_->RawFrom(0), kDay + 24h);
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
  EXPECT_EQ(store_->RawFrom(0), Timestamp::min());
  retention.stop = nullptr;
  ASSERT_TRUE(store_->Drop(retention).ok());
  for (SeriesId id : {1u, 2u, 3u}) EXPECT_EQ(CountIn(Rollups(id, 5min)), 240u);
}

TEST_F(RocksRetentionTest, DropsADamagedChunkWithItsDayAndSaysSo) {
  for (int64_t day : {0, 1}) Seal(1, kDay + 24h * day, 10);
  Commit commit;
  commit.sequence = ++sequence_;
  commit.chunks = {{2, kDay, kDay + 1h, 3, "damaged", 0}, {2, kDay + 2h, kDay + 3h, 3, "too", 0}};
  ASSERT_TRUE(store_->Commit({&commit, 1}).ok());
  Status dropped = store_->Drop(Before(kDay + 48h));
  EXPECT_EQ(dropped.code(), Code::kDataLoss);
  EXPECT_THAT(dropped.message(), HasSubstr("2 records"));
  EXPECT_THAT(dropped.message(),
              HasSubstr("a chunk of series 2 of partition 0 from 2026-01-01T00"));
  EXPECT_TRUE(store_->ReadChunks(0, 2, kDay, kDay + 24h)->empty());
  EXPECT_EQ(CountIn(Rollups(1, 60min)), 20u) << "the days after it go, too";
  EXPECT_TRUE(Rollups(2, 60min).empty());
  EXPECT_TRUE(store_->Drop(Before(kDay + 48h)).ok()) << "it is told once";
}

TEST_F(RocksRetentionTest, GoesOnBesideDamagedKeysAndRollups) {
  Seal(1, kDay, 10);
  ASSERT_TRUE(store_->Drop(Before(kDay + 24h)).ok());
  store_.reset();
  {
    auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(database.ok());
    auto put = [&](Family family, const std::string& key) {
      ASSERT_TRUE((*database)->db().Put({}, (*database)->family(family), key, "damaged").ok());
    };
    put(kChunks, "short");
    put(kChunks, EncodeDay(StoredDayOf(kDay)) + "x");
    put(kRollups, EncodeKey(RollupKey{StoredDayOf(kDay), 0, 0, 1}));
  }
  store_ = Open();
  Seal(1, kDay + 1h, 5);
  Seal(1, kDay + 24h, 10);
  Status dropped = store_->Drop(Before(kDay + 48h));
  EXPECT_EQ(dropped.code(), Code::kDataLoss);
  EXPECT_THAT(dropped.message(), HasSubstr("3 records"));
  EXPECT_EQ(CountIn(Rollups(1, 5min)), 15u) << "what can be read counts";
  EXPECT_EQ(CountIn(Rollups(1, 60min)), 25u);
  EXPECT_TRUE(store_->Drop(Before(kDay + 48h)).ok()) << "and nothing is in the way any more";
}

// Chunks of one series may overlap, and a stretch may span several.
TEST_F(RocksRetentionTest, RollsUpASeriesChunkByChunk) {
  Seal(1, kDay, 10);
  Seal(1, kDay + 5s, 10);
  Seal(1, kDay + 150s, 20);
  ASSERT_TRUE(store_->Drop(Before(kDay + 24h)).ok());
  std::vector<Rollup> rollups = Rollups(1, 5min);
  ASSERT_EQ(rollups.size(), 2u);
  EXPECT_EQ(rollups[0], (Rollup{0, 9, 45 + 45 + 45, 30, {kDay + 285s, 9}}));
  EXPECT_EQ(rollups[1], (Rollup{10, 19, 145, 10, {kDay + 435s, 19}}));
  EXPECT_EQ(Rollups(1, 60min).size(), 1u);
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
