#include "store/rocks_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "model/ids.h"
#include "store/format.h"
#include "store/rocks_database.h"
#include "tests/unit/store/hooked_files.h"
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

// Merged with others it would be written again, and could not be dropped as a file. A table that waits for the disk
// while the next segment ends takes that one with it; RocksDB has no more than two of them wait.
TEST_F(RocksJournalTest, WritesATableForEachSegmentAndNoneTwice) {
  constexpr uint32_t kTogether = 2;
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
  ASSERT_GT(files.size(), 30u / kTogether);
  for (size_t i = 0; i + 2 < files.size(); ++i) {
    auto first = DecodeJournalKey(files[i].smallestkey);
    auto last = DecodeJournalKey(files[i].largestkey);
    ASSERT_TRUE(first && last);
    EXPECT_LE(last->segment - first->segment, kTogether - 1);
    EXPECT_LT(last->segment, DecodeJournalKey(files[i + 1].smallestkey)->segment);
    EXPECT_LT(files[i].size, kTogether * (database.journal_table_bytes() + 15'000));
  }
}

// The journal's own part of a commit, by which it is told that `bytes` were written.
void WriteTo(RocksJournal& journal, const RocksDatabase& database, uint64_t sequence,
             uint64_t bytes) {
  Commit commit = Make(sequence);
  StatusOr<uint32_t> segment = journal.SegmentToWrite();
  ASSERT_TRUE(segment.ok()) << segment.status().ToString();
  rocksdb::WriteBatch batch;
  const std::string entry = journal.Encode(commit);
  const std::string key = EncodeKey(JournalKey{*segment, commit.partition, sequence});
  ASSERT_TRUE(batch.Put(database.family(kJournal), key, entry).ok());
  ASSERT_TRUE(database.db().Write({}, &batch).ok());
  journal.Written({&commit, 1}, bytes);
}

TEST_F(RocksJournalTest, KeepsWhatIsWrittenToAVolumeWhileItsSegmentsAreListed) {
  auto files = std::make_shared<HookedFiles>();
  auto opened = RocksDatabase::Open({.dir = Dir(), .write_buffer_bytes = 256 << 10}, files);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  const RocksDatabase& database = **opened;
  auto settle = [&] {  // to where whole files are dropped
    rocksdb::ColumnFamilyHandle* family = database.family(kJournal);
    ASSERT_TRUE(database.db().Flush({}, family).ok());
    ASSERT_TRUE(database.db().CompactRange({}, family, nullptr, nullptr).ok());
  };
  RocksJournal journal(database);
  ASSERT_TRUE(journal.Load().ok());
  WriteTo(journal, database, 1, database.journal_table_bytes());
  settle();
  bool written = false;
  files->BeforeNextRead([&] {
    WriteTo(journal, database, 2, uint64_t{1} << 30);  // in the volume's next segment, its last
    settle();
    WriteTo(journal, database, 3, 10);  // in the next volume
    written = true;
  });
  const std::vector<uint64_t> nothing(RocksJournal::kPartitionCount, UINT64_MAX);
  ASSERT_TRUE(journal.Drop(nothing).ok());
  ASSERT_TRUE(written);
  std::vector<uint64_t> sequences;
  Status read = journal.Read(0, 1, [&](const Store::JournalItem& item) {
    sequences.push_back(item.sequence);
    return OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read.ToString();
  EXPECT_EQ(sequences, (std::vector<uint64_t>{2, 3}));
}

// Entries build on those before them, across tables, up to where a volume began.
class RocksTapesTest : public RocksFixture {
 protected:
  // Of partitions 0 and 5, each with samples of its own series.
  static Commit MakeOf(uint32_t partition, uint64_t sequence, size_t entry_size) {
    Commit commit = Make(sequence, entry_size);
    commit.partition = partition;
    for (SeriesId id = 1; id <= 20; ++id) {
      if (sequence == 1) commit.new_series.push_back({id, {{"__name__", "up"}}});
      double value = id % 3 == 0 ? 1.0 / static_cast<double>(sequence + id)
                                 : static_cast<double>(sequence / id + partition);
      commit.samples.Add(id, kTimeZero + 15s * static_cast<int64_t>(sequence), value);
    }
    return commit;
  }
  void Write(Store& store, int commits, size_t entry_size) {
    for (int i = 0; i < commits; ++i) {
      ++last_;
      std::vector<Commit> group = {MakeOf(0, last_, entry_size), MakeOf(5, last_, entry_size)};
      Status written = store.Commit(group);
      ASSERT_TRUE(written.ok()) << written.ToString();
    }
  }
  // That it tells all from `first` on, and nothing else.
  void Expect(const Store& store, uint32_t partition, uint64_t first) {
    uint64_t next = first;
    Status read = store.ReadJournal(partition, first, [&](const Store::JournalItem& item) {
      AppliedSamples samples = MakeOf(partition, next, 0).samples;
      EXPECT_EQ(item.sequence, next++);
      EXPECT_EQ(item.samples.ids, samples.ids);
      EXPECT_EQ(item.samples.times, samples.times);
      EXPECT_EQ(item.samples.values, samples.values);
      return OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read.ToString();
    EXPECT_EQ(next, last_ + 1) << "from " << first;
  }

  uint64_t last_ = 0;
};

TEST_F(RocksTapesTest, AreReadFromAnywhere) {
  for (int start = 0; start < 3; ++start) {
    auto store = Open();
    Write(*store, 30, 5'000);  // several tables
    for (uint64_t first = 1; first <= last_; ++first) {
      Expect(*store, 0, first);
      Expect(*store, 5, first);
    }
  }
}

TEST_F(RocksTapesTest, AreReadFromWhereTheJournalIsKept) {
  auto store = Open();
  for (int round = 0; round < 5; ++round) {
    Write(*store, 20, 150'000);
    Store::Retention retention;
    retention.chunks_before = retention.history_before = kTimeZero;
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    retention.journal_kept_from[0] = last_ - 7;  // both lie within a volume
    retention.journal_kept_from[5] = last_ - 25;
    if (last_ <= 25) continue;
    ASSERT_TRUE(store->Drop(retention).ok());
    Expect(*store, 0, last_ - 7);
    Expect(*store, 5, last_ - 25);
    Expect(*store, 5, last_ - 3);
    if (round == 3) {
      store.reset();
      store = Open();
      Expect(*store, 0, last_ - 7);
      Expect(*store, 5, last_ - 25);
    }
  }
}

TEST_F(RocksTapesTest, AreDroppedAndReadWhileTheyAreWritten) {
  auto store = Open();
  std::atomic<uint64_t> wanted = 1;
  std::atomic<bool> done = false;
  std::thread dropper([&] {
    Store::Retention retention;
    retention.chunks_before = retention.history_before = kTimeZero;
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    while (!done) {
      retention.journal_kept_from[0] = wanted;
      retention.journal_kept_from[5] = UINT64_MAX;  // nothing of it is kept back
      Status dropped = store->Drop(retention);
      EXPECT_TRUE(dropped.ok()) << dropped.ToString();
    }
  });
  std::thread reader([&] {
    while (!done) {
      for (uint32_t partition : {0, 5}) {
        uint64_t next = 0;
        Status read = store->ReadJournal(partition, 1, [&](const Store::JournalItem& item) {
          EXPECT_TRUE(next == 0 || item.sequence == next);
          next = item.sequence + 1;
          return OkStatus();
        });
        EXPECT_TRUE(read.ok()) << read.ToString();
      }
    }
  });
  for (int i = 0; i < 60; ++i) {
    Write(*store, 1, 200'000);
    wanted = last_ > 3 ? last_ - 3 : 1;
  }
  done = true;
  dropper.join();
  reader.join();
  store.reset();
  store = Open();
  Expect(*store, 0, last_ - 3);
  Expect(*store, 5, last_);
}

TEST_F(RocksTapesTest, OfWhichAnEntryIsMissingAreDamaged) {
  {
    auto store = Open();
    Write(*store, 5, 10);
  }
  {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok());
    std::unique_ptr<rocksdb::Iterator> it = (*opened)->Iterate(kJournal);
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid());  // the first of partition 0
    ASSERT_TRUE((*opened)->db().Delete({}, (*opened)->family(kJournal), it->key()).ok());
  }
  auto store = Open();
  Status read = store->ReadJournal(0, 4, [](const Store::JournalItem&) { return OkStatus(); });
  EXPECT_EQ(read.code(), Code::kDataLoss);
  EXPECT_THAT(read.message(),
              ::testing::HasSubstr("journal entry 1 of partition 0: it is missing"));
  Expect(*store, 5, 4);
}

}  // namespace
}  // namespace forewarn
