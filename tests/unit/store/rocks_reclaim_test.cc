#include "store/rocks_reclaim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>

#include "tests/unit/store/customer_fixture.h"

namespace forewarn {
namespace {

// What a customer's contract says of the disk.
class RocksReclaimTest : public CustomerFixture {
 protected:
  // Bytes that no compression shortens, so that they are found in the files as they are.
  static std::string Noise(uint64_t seed, size_t size) { return Make(seed, size).entry; }
  // Whether any file of the database holds it.
  bool IsOnDisk(const std::string& bytes) const {
    for (const auto& item : std::filesystem::directory_iterator(Dir())) {
      std::ifstream file(item.path(), std::ios::binary);
      std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      if (text.find(bytes) != std::string::npos) return true;
    }
    return false;
  }
  // A chunk that nobody can read, but with bytes that can be found.
  void SealNoise(SeriesId id, Timestamp first, const std::string& bytes) {
    forewarn::Commit commit = Next();
    commit.chunks = {{id, first, first + 1h, 2, bytes, 0}};
    Write(commit);
  }
};

TEST_F(RocksReclaimTest, TakesWhatWasDroppedOutOfTheFiles) {
  const std::string chunk = Noise(100, 300), row = Noise(101, 300);
  const std::string other_chunk = Noise(102, 300), other_row = Noise(103, 300);
  for (int life = 0; life < 2; ++life) {  // some of it in tables, some in logs
    SealNoise(1, kDay + 2h * life, other_chunk);
    SealNoise(2, kDay + 2h * life, chunk);
    Happen(1, kDay + 1h * life, other_row);
    Happen(2, kDay + 1h * life, row);
    if (life == 0) Reopen();
  }
  for (const std::string& bytes : {chunk, row, other_chunk, other_row}) {
    ASSERT_TRUE(IsOnDisk(bytes));
  }
  (void)store_->Drop(Own(2, kDay + 24h));
  EXPECT_FALSE(IsOnDisk(chunk));
  EXPECT_FALSE(IsOnDisk(row));
  EXPECT_TRUE(IsOnDisk(other_chunk));
  EXPECT_TRUE(IsOnDisk(other_row));
  (void)store_->Drop(All(kDay + 24h));
  EXPECT_FALSE(IsOnDisk(other_chunk));
  EXPECT_FALSE(IsOnDisk(other_row));
}

TEST_F(RocksReclaimTest, GoesOnWhereAnEarlierProcessEnded) {
  const std::string chunk = Noise(100, 300), row = Noise(101, 300);
  for (SeriesId id : {1u, 3u}) SealNoise(id, kDay, Noise(id, 300));
  SealNoise(2, kDay, chunk);
  Happen(2, kDay, row);
  Reopen();
  Store::Retention retention = Own(2, kDay + 24h);
  // Ends it when all is deleted.
  retention.stop = [this] { return Raw(2) == 0 && Rows(2) == 0; };
  (void)store_->Drop(retention);
  ASSERT_EQ(Rows(2), 0u);
  ASSERT_TRUE(IsOnDisk(chunk) || IsOnDisk(row));
  Reopen();
  retention.stop = nullptr;
  Drop(retention);
  EXPECT_FALSE(IsOnDisk(chunk));
  EXPECT_FALSE(IsOnDisk(row));
}

TEST_F(RocksReclaimTest, EndsAmidARewriteAndGoesOnWithTheNextCall) {
  const std::string chunk = Noise(100, 300);
  for (SeriesId id : {1u, 3u}) SealNoise(id, kDay, Noise(id, 300));
  SealNoise(2, kDay, chunk);
  Reopen();
  Store::Retention retention = Own(2, kDay + 24h);
  std::atomic<bool> ended = false;
  retention.ended = &ended;
  // It is asked, and only then comes the end.
  retention.stop = [&] {
    ended = Raw(2) == 0;
    return false;
  };
  (void)store_->Drop(retention);
  ASSERT_EQ(Raw(2), 0u);
  EXPECT_TRUE(IsOnDisk(chunk));
  ended = false;
  retention.stop = nullptr;
  Drop(retention);
  EXPECT_FALSE(IsOnDisk(chunk));
}

TEST_F(RocksReclaimTest, TakesOldJournalOutOfTheFiles) {
  const std::string entry = Noise(100, 300);
  forewarn::Commit commit = Next();
  commit.entry = entry;
  Write(commit);
  Store::Retention retention = All(kTimeZero);
  retention.journal_kept_from.assign(kPartitions + 1, UINT64_MAX);
  // However little is written: by and by volumes end.
  for (int call = 0; call < 24; ++call) {
    retention.history_before += 24h;
    Drop(retention);
    if (call % 6 == 0) Write(Next());
  }
  EXPECT_FALSE(IsOnDisk(entry));
}

}  // namespace
}  // namespace forewarn
