#include "store/rocks_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "model/ids.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using RocksJournalTest = RocksFixture;

TEST_F(RocksJournalTest, GivesTheSpaceOfDroppedJournalBack) {
  auto store = Open();
  auto size = [&] {
    uint64_t bytes = 0;
    for (const char* extension : {".sst", ".log"}) {
      for (const auto& path : Files(extension)) bytes += std::filesystem::file_size(path);
    }
    return bytes;
  };
  Store::Retention retention;
  retention.chunks_before = retention.history_before = kTimeZero;
  uint64_t sequence = 0;
  for (int drop = 0; drop < 8; ++drop) {
    for (int i = 0; i < 50; ++i) {
      Commit commit = Make(++sequence, 100'000);
      ASSERT_TRUE(store->Commit({&commit, 1}).ok());
    }
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    retention.journal_kept_from[0] = sequence;
    ASSERT_TRUE(store->Drop(retention).ok());
  }
  EXPECT_LT(size(), 25'000'000u) << "of 40 MB written";
  int items = 0;
  ASSERT_TRUE(store
                  ->ReadJournal(0, 1,
                                [&](const Store::JournalItem& item) {
                                  EXPECT_EQ(item.sequence, sequence);
                                  ++items;
                                  return OkStatus();
                                })
                  .ok());
  EXPECT_EQ(items, 1);
}

TEST_F(RocksJournalTest, GoesOnInANewSegmentAfterEachStart) {
  for (uint64_t i = 1; i <= 5; ++i) {
    auto store = Open();
    Commit commit = Make(i);
    ASSERT_TRUE(store->Commit({&commit, 1}).ok());
    uint64_t last = 0;
    ASSERT_TRUE(store
                    ->ReadJournal(0, 1,
                                  [&](const Store::JournalItem& item) {
                                    EXPECT_EQ(item.sequence, ++last);
                                    return OkStatus();
                                  })
                    .ok());
    EXPECT_EQ(last, i);
  }
}

}  // namespace
}  // namespace forewarn
