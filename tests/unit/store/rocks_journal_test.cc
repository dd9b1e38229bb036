#include "store/rocks_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "model/ids.h"
#include "store/format.h"
#include "store/rocks_database.h"
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

// Merged, or with journal of another segment, it would be written again, and could not be dropped as a file.
TEST_F(RocksJournalTest, WritesATableForEachSegmentAndNoneTwice) {
  {
    auto store = Open();
    for (uint64_t i = 1; i <= 200; ++i) {
      Commit commit = Make(i, 10'000);
      ASSERT_TRUE(store->Commit({&commit, 1}).ok());
    }
  }
  auto opened = RocksDatabase::Open({.dir = Dir(), .write_buffer_bytes = 256 << 10}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  const RocksDatabase& database = **opened;
  // Of as many bytes as a table may have, with one commit more, in all tables but the last ones, which the
  // start wrote.
  std::vector<rocksdb::LiveFileMetaData> files;
  database.db().GetLiveFilesMetaData(&files);
  std::erase_if(files, [](const auto& file) { return file.column_family_name != "journal"; });
  std::ranges::sort(files, {}, [](const auto& file) { return file.smallestkey; });
  ASSERT_GT(files.size(), 30u);
  for (size_t i = 0; i + 2 < files.size(); ++i) {
    auto first = DecodeJournalKey(files[i].smallestkey);
    auto last = DecodeJournalKey(files[i].largestkey);
    ASSERT_TRUE(first && last);
    EXPECT_EQ(first->segment, last->segment);
    EXPECT_LT(last->segment, DecodeJournalKey(files[i + 1].smallestkey)->segment);
    EXPECT_LT(files[i].size, database.journal_table_bytes() + 15'000);
  }
}

}  // namespace
}  // namespace forewarn
