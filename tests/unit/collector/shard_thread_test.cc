#include "collector/shard_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "store/memory_store.h"
#include "tests/unit/collector/fold_samples.h"

namespace forewarn {
namespace {

TEST(ShardThread, FoldsItsOwnPartitionsInTheOrderOfTheLog) {
  MemoryStore store;
  ManualClock clock(kTestStart);
  std::vector<std::unique_ptr<Shard>> shards;
  for (uint32_t p = 0; p <= kControlPartition; ++p) {
    shards.push_back(std::make_unique<Shard>(p, store, HeadOptions{}));
  }
  std::vector<uint64_t> durable;
  LocalLog log(256);
  Committer committer(store, clock, CommitterOptions{},
                      Committer::Hooks{[&](const Commit& c) { durable.push_back(c.sequence); },
                                       [](const Committer::Group&) {}, [](const Status&) {}});
  ShardThread thread(shards, 0, 1, log, committer, clock);
  thread.Start();
  std::promise<void> last;
  for (uint64_t i = 1; i <= 20; ++i) {
    Submission submission{TestBatch(i, kTestStart + Duration(i * 1000), 0.5),
                          [&last, i](const Status&, const std::string&) {
                            if (i == 20) last.set_value();
                          }};
    ASSERT_TRUE(log.Submit(submission));
  }
  last.get_future().wait();
  std::promise<uint64_t> sequence;
  ASSERT_TRUE(thread.Ask(PartitionOf("acme"),
                         [&](const Shard& shard) { sequence.set_value(shard.sequence()); }));
  EXPECT_EQ(sequence.get_future().get(), 20u);
  ASSERT_EQ(durable.size(), 20u);
  for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(durable[i], i + 1);
}

}  // namespace
}  // namespace forewarn
