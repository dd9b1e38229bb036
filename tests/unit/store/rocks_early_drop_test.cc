#include "store/rocks_early_drop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "store/head.h"
#include "store/rocks_store.h"
#include "tests/unit/store/customer_fixture.h"
#include "tests/unit/store/hooked_files.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using RocksEarlyDropTest = CustomerFixture;

TEST_F(RocksEarlyDropTest, RollsUpTheDaysOfOneCustomerBeforeThoseOfAllOthers) {
  for (SeriesId id : {1u, 2u, 3u}) {
    Seal(id, kDay);
    Seal(id, kDay + 1h);
    Seal(id, kDay + 24h);
  }
  Drop(Own(2, kDay + 30h));
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(Raw(2), 240u) << "a day that is not over stays";
    EXPECT_EQ(RolledUp(2, 5min), 480u);
    EXPECT_EQ(RolledUp(2, 60min), 480u);
    for (SeriesId id : {1u, 3u}) {
      EXPECT_EQ(Raw(id), 720u);
      EXPECT_EQ(RolledUp(id), 0u);
    }
    EXPECT_EQ(store_->RawFrom(partition_), kDay + 24h);
    EXPECT_EQ(store_->RawFrom((partition_ + 1) % kPartitions), Timestamp::min());
    Reopen();
  }
  Drop(All(kDay + 48h));
  for (SeriesId id : {1u, 2u, 3u}) {
    EXPECT_EQ(Raw(id), 0u);
    EXPECT_EQ(RolledUp(id), 720u);
  }
}

TEST_F(RocksEarlyDropTest, KeepsWhatOneCustomerKeepsLongerWhenThatOfAllOthersGoes) {
  for (SeriesId id : {1u, 2u, 3u}) {
    Seal(id, kDay);
    Happen(id, kDay + 1h, "event");
  }
  Store::Retention retention = All(kDay + 24h);
  retention.own[Customer(2)] = {kTimeZero, kTimeZero, kTimeZero};
  Drop(retention);
  for (SeriesId id : {1u, 3u}) {
    EXPECT_EQ(Raw(id), 0u);
    EXPECT_EQ(RolledUp(id), 240u);
    EXPECT_EQ(Rows(id), 0u);
  }
  EXPECT_EQ(Raw(2), 240u);
  EXPECT_EQ(RolledUp(2), 0u);
  EXPECT_EQ(Rows(2), 1u);
}

TEST_F(RocksEarlyDropTest, ReadersFindTheRollupsWhereTheSamplesAreGone) {
  Seal(2, kDay);
  Drop(Own(2, kDay + 24h));
  Head head(partition_, *store_, {});
  ASSERT_TRUE(head.Load().ok());
  Matchers matchers = {Matcher::Equal("customer", Customer(2))};
  auto view = head.Look(matchers, kDay, kDay + 24h, {});
  auto selected = head.Select(matchers, kDay, kDay + 24h, {});
  ASSERT_TRUE(view.ok() && selected.ok());
  ASSERT_EQ(selected->size(), 1u);
  EXPECT_EQ(selected->front().samples.size(), 12u) << "the last of each five minutes of an hour";
  EXPECT_EQ((*view)->ReadAll({}, nullptr)->at(0).samples, selected->front().samples);
}

TEST_F(RocksEarlyDropTest, AddsWhatComesLateForADayThatIsDoneForTheCustomer) {
  Store::Retention retention = Own(2, kDay + 24h);
  for (SeriesId id : {1u, 2u}) Seal(id, kDay);
  Drop(retention);
  for (uint64_t late = 1; late <= 4; ++late) {
    Seal(2, kDay + 1h * late, 10);
    // A process that was started anew knows of nothing that came late.
    if (late % 2 == 0) Reopen();
    for (int again = 0; again < 2; ++again) {
      Drop(retention);
      EXPECT_EQ(Raw(2), 0u);
      EXPECT_EQ(RolledUp(2), 240u + late * 10);
    }
  }
  Seal(1, kDay + 2h, 10);
  Drop(retention);
  EXPECT_EQ(Raw(1), 250u);
}

TEST_F(RocksEarlyDropTest, LooksAtWhatIsCommittedForSuchADayMeanwhileTheNextTime) {
  for (SeriesId id : {1u, 2u, 3u}) Seal(id, kDay);
  Store::Retention retention = Own(2, kDay + 24h);
  retention.own[Customer(3)] = retention.own[Customer(2)];
  bool sealed = false;
  retention.stop = [&] {
    if (!std::exchange(sealed, true)) {
      Seal(2, kDay + 2h, 10);
      Seal(3, kDay + 2h, 10);
    }
    return false;
  };
  Drop(retention);
  ASSERT_TRUE(sealed);
  Drop(retention);
  for (SeriesId id : {2u, 3u}) {
    EXPECT_EQ(Raw(id), 0u);
    EXPECT_EQ(RolledUp(id), 250u);
  }
}

// However far it came, and whoever goes on: nothing is lost and nothing counts twice.
TEST_F(RocksEarlyDropTest, MayBeCutShortAnywhereAndBeFinishedByAnyOtherDrop) {
  for (SeriesId id : {1u, 2u, 3u}) {
    Seal(id, kDay);
    Seal(id, kDay + 24h);
  }
  store_.reset();
  std::filesystem::rename(Dir(), Dir("before"));
  enum Then { kTheSame, kThatOfAll };
  for (Then then : {kTheSame, kThatOfAll}) {
    for (int cut_at = 0;; ++cut_at) {
      store_.reset();
      std::filesystem::remove_all(Dir());
      std::filesystem::copy(Dir("before"), Dir());
      store_ = Open();
      Store::Retention retention = Own(1, kDay + 48h);
      retention.own[Customer(3)] = retention.own[Customer(1)];
      int asked = 0;
      retention.stop = [&] { return asked++ == cut_at; };
      Drop(retention);
      const bool was_cut = asked > cut_at;
      retention.stop = nullptr;
      Reopen();
      Seal(1, kDay + 1h, 10);  // late
      if (then != kTheSame) retention.own.clear();
      Drop(retention);
      if (then == kThatOfAll) Drop(All(kDay + 48h));
      for (auto [id, count] : {std::pair(1u, 490u), std::pair(2u, 480u), std::pair(3u, 480u)}) {
        EXPECT_EQ(Raw(id) + RolledUp(id, 5min), count) << "cut at " << cut_at << ", then " << then;
        EXPECT_EQ(Raw(id) + RolledUp(id, 60min), count);
        if (then == kThatOfAll) {
          EXPECT_EQ(Raw(id), 0u);
        }
      }
      if (!was_cut) break;
    }
  }
}

// An attempt to drop a day of all leaves rollups beside the chunks that they are of.
TEST_F(RocksEarlyDropTest, BeginsAnewWhereADropOfAllWasCutShort) {
  for (SeriesId id : {1u, 2u, 3u}) Seal(id, kDay);
  auto leave = [&](SeriesId id) {  // what such an attempt leaves
    store_.reset();
    auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(database.ok());
    std::vector<Rollup> rollups = {{0, 1, 1, 2, {kDay + 15s, 1}}};
    for (uint8_t stretch : {0, 1}) {
      std::string key = EncodeKey(RollupKey{StoredDayOf(kDay), stretch, partition_, id});
      ASSERT_TRUE((*database)
                      ->db()
                      .Put({}, (*database)->family(kRollups), key, EncodeRollups(rollups))
                      .ok());
    }
  };
  leave(2);
  store_ = Open();
  Drop(Own(2, kDay + 24h));
  EXPECT_EQ(Raw(2), 0u);
  EXPECT_EQ(RolledUp(2, 5min), 240u);
  EXPECT_EQ(RolledUp(2, 60min), 240u);
}

TEST_F(RocksEarlyDropTest, DropsRollupsAndHistoryOfACustomerInTheirOwnTime) {
  for (SeriesId id : {1u, 2u, 3u}) {
    for (Duration day : {0h, 24h}) {
      Seal(id, kDay + day);
      for (int i = 0; i < 3; ++i) Happen(id, kDay + day + 1h * i, "event");
    }
  }
  Store::Retention retention = All(kDay + 48h);
  retention.history_before = kTimeZero;
  retention.own[Customer(2)] = {kDay + 48h, kDay + 24h, kDay + 24h};
  std::map<std::string, std::vector<uint64_t>, std::less<>> told;
  retention.told = [&](std::string_view customer, const Store::Retention::Dropped& dropped) {
    told.emplace(customer, std::vector{dropped.chunks, dropped.rollups, dropped.history});
  };
  Drop(retention);
  EXPECT_THAT(told, ElementsAre(Pair(Customer(2), ElementsAre(0, 2, 3))));
  for (SeriesId id : {1u, 3u}) {
    EXPECT_EQ(RolledUp(id), 480u);
    EXPECT_EQ(Rows(id), 6u);
  }
  EXPECT_EQ(RolledUp(2, 5min), 240u);
  EXPECT_EQ(RolledUp(2, 60min), 240u);
  EXPECT_EQ(Rows(2), 3u);
  // What comes late for days that are over leaves nothing, neither rollups nor rows.
  Seal(2, kDay + 5h);
  Happen(2, kDay + 5h, "late");
  Drop(retention);
  EXPECT_EQ(Raw(2), 0u);
  EXPECT_EQ(RolledUp(2, 5min), 240u);
  EXPECT_EQ(Rows(2), 3u);
}

TEST_F(RocksEarlyDropTest, FollowsACustomerThatGetsOwnTimesAndLosesThem) {
  for (SeriesId id : {1u, 2u}) {
    for (int day = 0; day < 4; ++day) Seal(id, kDay + 24h * day, 10);
  }
  Drop(Own(1, kDay + 24h));
  EXPECT_EQ(Raw(1), 30u);
  Store::Retention retention = Own(1, kDay + 24h);
  retention.own[Customer(2)] = {kDay + 72h, kTimeZero, kTimeZero};
  Drop(retention);
  EXPECT_EQ(Raw(2), 10u) << "a shorter time holds for days that were looked at before";
  retention = Own(2, kDay);  // a longer one brings nothing back
  retention.chunks_before = kDay + 48h;
  Drop(retention);
  EXPECT_EQ(Raw(1), 20u);
  EXPECT_EQ(Raw(2), 10u);
  for (SeriesId id : {1u, 2u}) EXPECT_EQ(Raw(id) + RolledUp(id), 40u);
}

TEST_F(RocksEarlyDropTest, FindsWhatCameWhileACustomersTimeWasLonger) {
  const Store::Retention shorter = Own(2, kDay + 48h), longer = Own(2, kDay);
  Seal(2, kDay, 10);
  Drop(shorter);
  Drop(longer);
  Seal(2, kDay + 1h, 10);
  Drop(longer);
  EXPECT_EQ(Raw(2), 10u);
  Drop(shorter);
  EXPECT_EQ(Raw(2), 0u);
  EXPECT_EQ(RolledUp(2), 20u);
}

TEST_F(RocksEarlyDropTest, CountsNothingThatIsStillThere) {
  auto files = std::make_shared<HookedFiles>();
  auto open = [&] {
    store_.reset();
    files->FailLogs(false);
    auto opened = OpenStore({.dir = Dir(), .write_buffer_bytes = 256 << 10}, files);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
  };
  open();
  Store::Retention retention = Own(2, kTimeZero);
  Store::Retention::Dropped told;
  retention.told = [&](std::string_view, const Store::Retention::Dropped& dropped) {
    told.Add(dropped);
  };
  // The disk fails when it was asked so many times whether to stop: with the last write, and the next
  // process finishes it.
  auto expect = [&](int asked_before, uint64_t chunks, uint64_t rollups, uint64_t history) {
    told = {};
    retention.stop = [&, asked = 0]() mutable {
      if (++asked == asked_before) files->FailLogs(true);
      return false;
    };
    EXPECT_FALSE(store_->Drop(retention).ok());
    EXPECT_FALSE(told.any()) << told.chunks << ", " << told.rollups << ", " << told.history;
    open();
    retention.stop = nullptr;
    Drop(retention);
    EXPECT_EQ(told.chunks, chunks);
    EXPECT_EQ(told.rollups, rollups);
    EXPECT_EQ(told.history, history);
  };
  Store::Retention::Until& own = retention.own[Customer(2)];
  Happen(2, kDay, "event");
  own.history_before = kDay + 24h;
  expect(1, 0, 0, 1);
  Seal(2, kDay);
  own.chunks_before = kDay + 24h;
  expect(2, 1, 0, 0);
  own.rollups_before = kDay + 24h;
  expect(1, 0, 2, 0);
}

TEST_F(RocksEarlyDropTest, GoesOnBesideDamagedKeys) {
  for (SeriesId id : {1u, 2u}) {
    Seal(id, kDay);
    Happen(id, kDay, "event");
  }
  store_.reset();
  {
    auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(database.ok());
    auto put = [&](Family family, const std::string& key) {
      ASSERT_TRUE((*database)->db().Put({}, (*database)->family(family), key, "damaged").ok());
    };
    for (Family family : {kChunks, kRollups, kHistory}) {
      put(family, EncodeDay(StoredDayOf(kDay)).substr(0, 3));
    }
    for (Family family : {kChunks, kHistory}) {
      put(family, EncodeDayOf(StoredDayOf(kDay), partition_) + "x");
    }
  }
  store_ = Open();
  Store::Retention retention = Own(2, kDay + 24h);
  retention.chunks_before = retention.rollups_before = retention.history_before = Timestamp::min();
  (void)store_->Drop(retention);
  EXPECT_EQ(store_->ReadRollups(partition_, 2, 5min, kDay, kDay + 24h)->size(), 12u);
  EXPECT_EQ(*store_->HasChunk(partition_, 2, kDay), false);
  EXPECT_EQ(*store_->HasChunk(partition_, 1, kDay), true);
}

TEST_F(RocksEarlyDropTest, TellsOfADamagedChunkThatGoesWithItsDay) {
  Seal(2, kDay);
  forewarn::Commit commit = Next();
  commit.chunks = {{2, kDay + 2h, kDay + 3h, 3, "damaged", 0}};
  Write(commit);
  Status dropped = store_->Drop(Own(2, kDay + 24h));
  EXPECT_EQ(dropped.code(), Code::kDataLoss);
  EXPECT_THAT(dropped.message(), HasSubstr("1 records"));
  EXPECT_EQ(Raw(2), 0u);
  EXPECT_EQ(RolledUp(2), 240u);
  Drop(Own(2, kDay + 24h));
}

}  // namespace
}  // namespace forewarn
