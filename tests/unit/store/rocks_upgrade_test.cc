#include "store/rocks_upgrade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/head.h"
#include "tests/unit/store/journal_format3.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

// What whole databases of older formats become is in tests/golden.
class RocksUpgradeTest : public RocksFixture {
 protected:
  // Leaves a database as an upgrade does that died before its last step.
  void LeaveOldMeta(const char* name, uint64_t last_sequence) {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    rocksdb::DB& db = (*opened)->db();
    rocksdb::ColumnFamilyHandle* old_meta = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, name, &old_meta).ok());
    std::string key = EncodeMetaKey(MetaKind::kLastSequence, 3);
    ASSERT_TRUE(db.Put({}, old_meta, key, EncodeMeta(last_sequence)).ok());
    ASSERT_TRUE(db.DestroyColumnFamilyHandle(old_meta).ok());
  }
  uint64_t NumberAfterOpening() {
    auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
    EXPECT_TRUE(database.ok()) << database.status().ToString();
    return database.ok() ? *(*database)->Number(MetaKind::kLastSequence, 3) : 0;
  }
  std::vector<std::string> Metas() {
    std::vector<std::string> families;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies({}, Dir(), &families).ok());
    std::erase_if(families, [](const std::string& name) { return !name.starts_with("meta-"); });
    return families;
  }
};

TEST_F(RocksUpgradeTest, TakesOverTheNumbersAndRemovesTheOldFamily) {
  for (uint64_t i = 0; i < kOldMetas.size(); ++i) {
    LeaveOldMeta(kOldMetas[i], 7 + i);
    for (int start = 0; start < 2; ++start) EXPECT_EQ(NumberAfterOpening(), 7 + i);
    EXPECT_THAT(Metas(), ElementsAre("meta-4"));
  }
}

TEST_F(RocksUpgradeTest, IsDoneAgainWhenItWasCutShort) {
  LeaveOldMeta("meta-1", 7);
  EXPECT_EQ(NumberAfterOpening(), 7u);
  LeaveOldMeta("meta-1", 9);  // the numbers copied before are not the ones that count
  EXPECT_EQ(NumberAfterOpening(), 9u);
}

// Cut short while it went from 1 to 2, by a binary that knew no later one.
TEST_F(RocksUpgradeTest, BelievesTheOldestOfThoseItFinds) {
  LeaveOldMeta("meta-1", 7);
  ASSERT_EQ(NumberAfterOpening(), 7u);
  {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok());
    for (auto [name, number] : {std::pair("meta-1", 9u), std::pair("meta-2", 5u)}) {
      rocksdb::ColumnFamilyHandle* meta = nullptr;
      ASSERT_TRUE((*opened)->db().CreateColumnFamily({}, name, &meta).ok());
      std::string key = EncodeMetaKey(MetaKind::kLastSequence, 3);
      ASSERT_TRUE((*opened)->db().Put({}, meta, key, EncodeMeta(number)).ok());
      ASSERT_TRUE((*opened)->db().DestroyColumnFamilyHandle(meta).ok());
    }
  }
  EXPECT_EQ(NumberAfterOpening(), 9u);
  EXPECT_THAT(Metas(), ElementsAre("meta-4"));
}

// Format 2 did not say up to where samples are sealed, and said of all of them that they were sealed
// before the first sample of their commit.
class UpgradeFromFormat2Test : public RocksUpgradeTest {
 protected:
  UpgradeFromFormat2Test() { options_.chunk_samples = 10; }

  static SampleBlock Block(int count) {
    SampleBlock block;
    block.table = std::make_shared<const SeriesTable>(SeriesTable{{{{"__name__", "up"}}}});
    for (int i = 0; i < count; ++i) {
      block.refs.push_back(0);
      block.times.push_back(kTimeZero + 15s * i);
      block.values.push_back(i);
    }
    return block;
  }
  // 25 samples, 20 of which are sealed; without the journal, only those 20.
  void WriteFormat2(bool with_journal) {
    std::string journal;
    {
      auto store = Open();
      Head head(0, *store, options_);
      ASSERT_TRUE(head.Load().ok());
      Commit commit = Make(1);
      head.Append(Block(with_journal ? 25 : 20), kTimeZero + 1h, commit);
      ASSERT_EQ(commit.chunks.size(), 2u);
      for (SealedChunk& chunk : commit.chunks) chunk.after = 0;
      ASSERT_TRUE(store->Commit({&commit, 1}).ok());
      journal = EncodeJournal3(commit);
    }
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok());
    rocksdb::DB& db = (*opened)->db();
    ASSERT_TRUE(db.DeleteRange({}, (*opened)->family(kJournal), EncodeKey(JournalKey{0, 0, 0}),
                               EncodeKey(JournalKey{UINT32_MAX, 0, 0}))
                    .ok());
    journal[0] = static_cast<char>(journal[0] - 2);
    std::string key = EncodeKey(JournalKey{1, 0, 1});
    if (with_journal) {
      ASSERT_TRUE(db.Put({}, (*opened)->family(kJournal), key, journal).ok());
    }
    rocksdb::ColumnFamilyHandle* meta = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, "meta-2", &meta).ok());
    key = EncodeMetaKey(MetaKind::kLastSequence, 0);
    ASSERT_TRUE(db.Put({}, meta, key, EncodeMeta(1)).ok());
    key = EncodeMetaKey(MetaKind::kJournalKeptFrom, 0);
    ASSERT_TRUE(db.Put({}, meta, key, EncodeMeta(with_journal ? 1 : 2)).ok());
    ASSERT_TRUE(db.DestroyColumnFamilyHandle(meta).ok());
    key = EncodeMetaKey(MetaKind::kSealedUntil, 0);
    ASSERT_TRUE(db.Delete({}, (*opened)->family(kMeta), key).ok());
  }
  void Start() {
    store_ = Open();
    ASSERT_NE(store_, nullptr);
    head_ = std::make_unique<Head>(0, *store_, options_);
    ASSERT_TRUE(head_->Load().ok());
    Status replayed = store_->ReadJournal(
        0, 1, [&](const Store::JournalItem& item) { return head_->Replay(item); });
    ASSERT_TRUE(replayed.ok()) << replayed.ToString();
  }
  size_t Found() {
    auto found = head_->Select({Matcher::Equal("__name__", "up")}, kTimeZero, kTimeZero + 1h, {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found->empty() ? 0 : found->front().samples.size();
  }
  // Sends the first `count` samples, and says how many of them were known.
  uint64_t Send(int count) {
    Commit commit = Make(*store_->LastSequence(0) + 1);
    uint64_t known = head_->Append(Block(count), kTimeZero + 1h, commit).duplicate;
    EXPECT_TRUE(store_->Commit({&commit, 1}).ok());
    return known;
  }
  uint64_t Sealed() {
    auto chunks = store_->ReadChunks(0, 1, kTimeZero, kTimeZero + 1h);
    EXPECT_TRUE(chunks.ok()) << chunks.status().ToString();
    uint64_t count = 0;
    for (const SealedChunk& chunk : *chunks) count += chunk.count;
    return count;
  }

  HeadOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Head> head_;
};

TEST_F(UpgradeFromFormat2Test, FindsAndRecognisesWhatIsSealedAndNoLongerInTheJournal) {
  WriteFormat2(false);
  Start();
  EXPECT_EQ(Found(), 20u);
  EXPECT_EQ(Send(20), 20u);
  EXPECT_EQ(Send(30), 20u);
  EXPECT_EQ(Found(), 30u);
  EXPECT_EQ(Sealed(), 30u);
}

TEST_F(UpgradeFromFormat2Test, OpensWhatTheJournalHasOfSamplesThatAreNotSealed) {
  WriteFormat2(true);
  Start();
  EXPECT_EQ(Found(), 25u);
  EXPECT_EQ(Send(30), 25u);
  EXPECT_EQ(Found(), 30u);
  EXPECT_EQ(Sealed(), 30u) << "each of them once";
}

}  // namespace
}  // namespace forewarn
