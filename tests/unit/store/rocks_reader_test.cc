#include "store/rocks_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/format.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

// What a reader finds in a sound database is in store_test.cc.
class RocksReaderTest : public RocksFixture {
 protected:
  RocksReaderTest() {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = *std::move(opened);
  }
  void Put(Family family, const std::string& key, const std::string& value) {
    ASSERT_TRUE(database_->db().Put({}, database_->family(family), key, value).ok());
  }

  std::unique_ptr<RocksDatabase> database_;
};

TEST_F(RocksReaderTest, NamesTheSeriesWhoseRecordIsDamaged) {
  Put(kSeries, EncodeKey(SeriesKey{3, 7}), "\xff\xff");
  Status status =
      RocksReader(*database_).ReadSeries(3, [](const NewSeries&) { return OkStatus(); });
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("series 7 of partition 3"));
}

TEST_F(RocksReaderTest, NamesTheFamilyWhoseKeysAreDamaged) {
  for (Family family : {kChunks, kSeries}) Put(family, "\xff\xff\xff", "");
  RocksReader reader(*database_);
  EXPECT_THAT(reader.ReadChunks(0, 1, kTimeZero, Timestamp::max()).status().message(),
              HasSubstr("chunks: key cut short or damaged"));
  EXPECT_THAT(reader.ReadSeries(0, [](const NewSeries&) { return OkStatus(); }).message(),
              HasSubstr("series: key cut short or damaged"));
}

TEST_F(RocksReaderTest, NamesTheCustomerWhoseHistoryIsDamaged) {
  Put(kHistory, EncodeKey(HistoryKey{0, 2, "acme", kTimeZero, 1, 0}), "");
  auto rows = RocksReader(*database_).ReadHistory(2, "acme", kTimeZero, kTimeZero, 1);
  EXPECT_EQ(rows.status().code(), Code::kDataLoss);
  EXPECT_THAT(rows.status().message(), HasSubstr("history of acme in partition 2"));
}

TEST_F(RocksReaderTest, VisitsHistoryFromTheNewestOnUntilItIsToldToEnd) {
  for (int hour = 0; hour < 72; ++hour) {
    HistoryRow row{HistoryKind::kEvent, "acme", "p", kTimeZero + 1h * hour, std::to_string(hour)};
    Put(kHistory, EncodeKey(HistoryKey{hour / 24, 2, "acme", row.at, 1, 0}), EncodeHistory(row));
  }
  std::vector<std::string> seen;
  ASSERT_TRUE(RocksReader(*database_)
                  .VisitHistory(2, "acme", kTimeZero + 1h, kTimeZero + 50h,
                                [&](const HistoryRow& row) {
                                  seen.push_back(row.record);
                                  return seen.size() < 49;
                                })
                  .ok());
  ASSERT_EQ(seen.size(), 49u);
  EXPECT_EQ(seen.front(), "50");
  EXPECT_EQ(seen.back(), "2");
}

TEST_F(RocksReaderTest, KnowsOfAChunkThatCannotBeRead) {
  Put(kChunks, EncodeKey(ChunkKey{0, 2, 7, kTimeZero + 1h}), "");
  RocksReader reader(*database_);
  EXPECT_FALSE(reader.ReadChunks(2, 7, kTimeZero, kTimeZero + 2h).ok());
  EXPECT_FALSE(reader.ReadChunk(2, 7, kTimeZero + 1h).ok());
  EXPECT_FALSE(reader.ReadChunk(2, 7, kTimeZero)->has_value());
  EXPECT_TRUE(*reader.HasChunk(2, 7, kTimeZero + 1h));
  EXPECT_FALSE(*reader.HasChunk(2, 7, kTimeZero));
  EXPECT_FALSE(*reader.HasChunk(2, 8, kTimeZero + 1h));
}

}  // namespace
}  // namespace forewarn
