#include "store/rocks_figures.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using RocksFiguresTest = RocksFixture;

uint64_t FilesOf(const Store::Figures& figures) {
  return std::accumulate(std::begin(figures.level_files), std::end(figures.level_files),
                         uint64_t{0});
}

TEST_F(RocksFiguresTest, TellWhatIsInMemoryAndThenInFiles) {
  auto store = Open();
  EXPECT_EQ(FilesOf(store->Look()), 0u);
  Commit commit = Make(1, 10'000);
  ASSERT_TRUE(store->Commit({&commit, 1}).ok());
  EXPECT_GT(store->Look().memtable_bytes, 10'000u);
  store.reset();

  store = Open();  // writes what the log holds as files
  EXPECT_GT(FilesOf(store->Look()), 0u);
  ASSERT_TRUE(store->ReadJournal(0, 1, [](const Store::JournalItem&) { return OkStatus(); }).ok());
  Store::Figures read = store->Look();
  EXPECT_GT(read.block_cache_hits + read.block_cache_misses, 0u);
  EXPECT_GT(read.block_cache_bytes, 0u);
}

}  // namespace
}  // namespace forewarn
