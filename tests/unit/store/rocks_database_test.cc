#include "store/rocks_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

using RocksDatabaseTest = RocksFixture;

TEST_F(RocksDatabaseTest, SaysWhoHoldsTheFolder) {
  auto store = Open();
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("another process holds " + Dir()));
  EXPECT_THAT(status.message(), HasSubstr("a folder of its own"));
}

TEST_F(RocksDatabaseTest, RefusesADatabaseOfANewerForewarn) {
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, Dir(), &raw).ok());
    std::unique_ptr<rocksdb::DB> db(raw);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "meta-5", &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  }
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(
      status.message(),
      HasSubstr("was written by a newer Forewarn (format 5, this binary reads 4): run the newer"));
}

TEST_F(RocksDatabaseTest, RefusesTheDatabaseOfAnotherProgram) {
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

TEST_F(RocksDatabaseTest, NamesTheDamagedFileWhenTheLogIsDamagedInTheMiddle) {
  {
    auto store = Open();
    for (uint64_t i = 1; i <= 40; ++i) {
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

TEST_F(RocksDatabaseTest, NamesTheTableThatIsDamaged) {
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

TEST_F(RocksDatabaseTest, DoesNotMakeANewDatabaseOnTheRemainsOfAnother) {
  Open().reset();
  std::filesystem::remove(Dir() + "/CURRENT");
  Status status = OpenFails();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("CURRENT is missing"));
}

TEST_F(RocksDatabaseTest, NamesAFolderThatCannotBeMade) {
  std::ofstream(Dir()) << "a file";
  EXPECT_THAT(OpenFails().message(), HasSubstr(Dir()));
}

}  // namespace
}  // namespace forewarn
