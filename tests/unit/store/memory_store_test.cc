#include "store/memory_store.h"

#include <gtest/gtest.h>

#include <string>

#include "model/ids.h"
#include "store/chunk.h"

namespace forewarn {
namespace {

// What it shares with every store is in store_test.cc.

Commit First() {
  Commit commit;
  commit.sequence = 1;
  return commit;
}

TEST(MemoryStore, ForgetsACommitThatFailed) {
  MemoryStore store;
  store.FailNextCommit(Unavailable("the disk is gone"), false);
  Commit commit = First();
  EXPECT_EQ(store.Commit({&commit, 1}), Unavailable("the disk is gone"));
  EXPECT_EQ(*store.LastSequence(0), 0u);
  EXPECT_TRUE(store.Commit({&commit, 1}).ok());
}

TEST(MemoryStore, KeepsACommitWhoseAnswerWasLost) {
  MemoryStore store;
  store.FailNextCommit(Unavailable("the machine died"), true);
  Commit commit = First();
  EXPECT_FALSE(store.Commit({&commit, 1}).ok());
  EXPECT_EQ(*store.LastSequence(0), 1u);
}

// As the store on disk does: tests/unit/store/rocks_early_drop_test.cc.
TEST(MemoryStore, DropsWhatIsOverForOneCustomerAndNotForAll) {
  MemoryStore store;
  std::string own = "c";
  while (PartitionOf(own) != 0) own += "c";
  Commit commit = First();
  commit.new_series = {{1, {{"customer", own}}}, {2, {{"customer", "another"}}}};
  for (SeriesId id : {1u, 2u}) {
    for (int day = 0; day < 3; ++day) {
      const Timestamp at = kTimeZero + 24h * day;
      std::vector<Sample> samples = {{at, 1}, {at + 1s, 2}};
      commit.chunks.push_back({id, at, at + 1s, 2, EncodeChunk(samples)});
      commit.history.push_back({HistoryKind::kEvent, id == 1 ? own : "another", "p", at, "x"});
    }
  }
  ASSERT_TRUE(store.Commit({&commit, 1}).ok());
  Store::Retention retention;
  retention.chunks_before = retention.history_before = Timestamp::min();
  retention.journal_kept_from.assign(kPartitions + 1, 1);
  retention.own[own] = {kTimeZero + 48h, kTimeZero + 24h, kTimeZero + 24h};
  std::string told;
  retention.told = [&](std::string_view customer, const Store::Retention::Dropped& dropped) {
    told += std::string(customer) + " " + std::to_string(dropped.chunks) + " " +
            std::to_string(dropped.history);
  };
  ASSERT_TRUE(store.Drop(retention).ok());
  EXPECT_EQ(told, own + " 2 1");
  auto left = [&](SeriesId id, const std::string& customer) {
    return std::vector{
        store.ReadChunks(0, id, Timestamp::min(), Timestamp::max())->size(),
        store.ReadRollups(0, id, 5min, Timestamp::min(), Timestamp::max())->size(),
        store.ReadHistory(0, customer, Timestamp::min(), Timestamp::max(), 10)->size()};
  };
  EXPECT_EQ(left(1, own), (std::vector<size_t>{1, 1, 2}));
  EXPECT_EQ(left(2, "another"), (std::vector<size_t>{3, 0, 3}));
  EXPECT_EQ(store.RawFrom(0), kTimeZero + 48h);
  EXPECT_EQ(store.RawFrom(1), Timestamp::min());
}

}  // namespace
}  // namespace forewarn
