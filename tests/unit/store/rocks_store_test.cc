#include "store/rocks_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

#include "model/ids.h"
#include "tests/unit/store/temp_dir.h"

namespace forewarn {
namespace {

// What it shares with every store is in store_test.cc; what happens on bad disks in
// tests/integration.

using ::testing::HasSubstr;

Commit Make(uint64_t sequence, size_t entry_size = 10) {
  Commit commit;
  commit.sequence = sequence;
  // Not compressible, so that files grow.
  uint64_t state = sequence;
  for (size_t i = 0; i < entry_size; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    commit.entry.push_back(static_cast<char>(state >> 56));
  }
  return commit;
}

class RocksStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(std::string name = "db") {
    auto opened = OpenStore({.dir = Dir(name), .write_buffer_bytes = 256 << 10});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  Status OpenFails() {
    auto opened = OpenStore({.dir = Dir("db")});
    EXPECT_FALSE(opened.ok());
    return opened.status();
  }
  std::string Dir(const std::string& name = "db") const { return dir_.path() + "/" + name; }
  std::vector<std::filesystem::path> Files(const std::string& extension) const {
    std::vector<std::filesystem::path> result;
    for (const auto& item : std::filesystem::directory_iterator(Dir())) {
      if (item.path().extension() == extension) result.push_back(item.path());
    }
    return result;
  }

  TempDir dir_;
};

TEST_F(RocksStoreTest, SaysWhoHoldsTheFolder) {
  auto store = Open();
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("another process holds " + Dir()));
  EXPECT_THAT(status.message(), HasSubstr("a folder of its own"));
}

TEST_F(RocksStoreTest, RefusesADatabaseOfANewerForewarn) {
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, Dir(), &raw).ok());
    std::unique_ptr<rocksdb::DB> db(raw);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "meta-2", &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  }
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(
      status.message(),
      HasSubstr("was written by a newer Forewarn (format 2, this binary reads 1): run the newer"));
}

TEST_F(RocksStoreTest, RefusesTheDatabaseOfAnotherProgram) {
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, Dir(), &raw).ok());
    std::unique_ptr<rocksdb::DB> db(raw);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "coins", &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  }
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("a column family 'coins'"));
}

TEST_F(RocksStoreTest, NamesTheDamagedFileWhenTheLogIsDamagedInTheMiddle) {
  {
    auto store = Open();
    for (uint64_t i = 1; i <= 50; ++i) {
      Commit commit = Make(i, 1000);
      ASSERT_TRUE(store->Commit({&commit, 1}).ok());
    }
  }
  std::vector<std::filesystem::path> logs = Files(".log");
  ASSERT_EQ(logs.size(), 1u);
  {
    std::fstream file(logs[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20'000);
    file.write("damage", 6);
  }
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("the database in " + Dir() + " is damaged"));
  EXPECT_THAT(status.message(), HasSubstr("restore the folder from a backup"));
}

TEST_F(RocksStoreTest, NamesTheTableThatIsDamaged) {
  {
    auto store = Open();
    for (uint64_t i = 1; i <= 80; ++i) {
      Commit commit = Make(i, 10'000);
      ASSERT_TRUE(store->Commit({&commit, 1}).ok());
    }
    ASSERT_TRUE(store->Checkpoint(Dir("flushed")).ok());  // which flushes
  }
  std::vector<std::filesystem::path> tables = Files(".sst");
  ASSERT_FALSE(tables.empty());
  for (const auto& path : tables) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.write("damage", 6);
  }
  auto opened = OpenStore({.dir = Dir()});
  Status status = opened.ok() ? (*opened)->ReadJournal(0, 1, [](const auto&) { return OkStatus(); })
                              : opened.status();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(".sst"));
  EXPECT_THAT(status.message(), HasSubstr("restore the folder from a backup"));
}

TEST_F(RocksStoreTest, DoesNotMakeANewDatabaseOnTheRemainsOfAnother) {
  Open().reset();
  std::filesystem::remove(Dir() + "/CURRENT");
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("CURRENT is missing"));
}

TEST_F(RocksStoreTest, NamesAFolderThatCannotBeMade) {
  std::ofstream(Dir()) << "a file";
  EXPECT_THAT(OpenFails().message(), HasSubstr(Dir()));
}

TEST_F(RocksStoreTest, CopiesItselfWhileRunning) {
  auto store = Open();
  Commit first = Make(1);
  first.state = {{StateKind::kAlert, "a", "1"}};
  ASSERT_TRUE(store->Commit({&first, 1}).ok());
  ASSERT_TRUE(store->Checkpoint(Dir("copy")).ok());
  Commit second = Make(2);
  ASSERT_TRUE(store->Commit({&second, 1}).ok());
  auto copy = Open("copy");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(*copy->LastSequence(0), 1u);
  EXPECT_EQ(*copy->GetState(0, StateKind::kAlert, "a"), "1");
  Status again = store->Checkpoint(Dir("copy"));
  EXPECT_EQ(again.code(), Code::kAlreadyExists);
  EXPECT_THAT(again.message(), HasSubstr(Dir("copy")));
}

TEST_F(RocksStoreTest, GivesTheSpaceOfDroppedJournalBack) {
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

TEST_F(RocksStoreTest, GoesOnInANewSegmentAfterEachStart) {
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
