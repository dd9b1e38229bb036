#include "store/rocks_upgrade.h"

#include <gtest/gtest.h>

#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

// What a whole database of format 1 becomes is in tests/golden.
class RocksUpgradeTest : public RocksFixture {
 protected:
  // Leaves a database as an upgrade does that died before its last step.
  void LeaveOldMeta(uint64_t last_sequence) {
    auto opened = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    rocksdb::DB& db = (*opened)->db();
    rocksdb::ColumnFamilyHandle* old_meta = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, kMetaOfFormat1, &old_meta).ok());
    std::string key = EncodeMetaKey(MetaKind::kLastSequence, 3);
    ASSERT_TRUE(db.Put({}, old_meta, key, EncodeMeta(last_sequence)).ok());
    ASSERT_TRUE(db.DestroyColumnFamilyHandle(old_meta).ok());
  }
};

TEST_F(RocksUpgradeTest, TakesOverTheNumbersAndRemovesTheOldFamily) {
  LeaveOldMeta(7);
  for (int start = 0; start < 2; ++start) {
    auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
    ASSERT_TRUE(database.ok()) << database.status().ToString();
    EXPECT_EQ(*(*database)->Number(MetaKind::kLastSequence, 3), 7u);
  }
  std::vector<std::string> families;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, Dir(), &families).ok());
  EXPECT_EQ(std::count(families.begin(), families.end(), kMetaOfFormat1), 0);
}

TEST_F(RocksUpgradeTest, IsDoneAgainWhenItWasCutShort) {
  LeaveOldMeta(7);
  ASSERT_TRUE(RocksDatabase::Open({.dir = Dir()}, nullptr).ok());
  LeaveOldMeta(9);  // the numbers copied before are not the ones that count
  auto database = RocksDatabase::Open({.dir = Dir()}, nullptr);
  ASSERT_TRUE(database.ok()) << database.status().ToString();
  EXPECT_EQ(*(*database)->Number(MetaKind::kLastSequence, 3), 9u);
}

}  // namespace
}  // namespace forewarn
