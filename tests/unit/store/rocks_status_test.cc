#include "store/rocks_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;

TEST(RocksStatus, ASuccessStaysOne) { EXPECT_TRUE(Translate(rocksdb::Status::OK(), "/d").ok()); }

TEST(RocksStatus, AFullDiskNamesTheFolderAndTheRemedyHoweverItIsToldOf) {
  for (const rocksdb::Status& status :
       {rocksdb::Status::NoSpace(),
        rocksdb::Status::Incomplete("flush: No space left on device")}) {
    Status told = Translate(status, "/d");
    EXPECT_EQ(told.code(), Code::kResourceExhausted);
    EXPECT_THAT(told.message(), HasSubstr("the disk that holds /d is full"));
    EXPECT_THAT(told.message(), HasSubstr("make room on it"));
  }
}

TEST(RocksStatus, DamageAHeldFolderAndABadDiskAreThreeThings) {
  EXPECT_EQ(Translate(rocksdb::Status::Corruption("000007.sst"), "/d").code(), Code::kDataLoss);
  EXPECT_EQ(Translate(rocksdb::Status::IOError("While lock file: /d/LOCK"), "/d").code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(Translate(rocksdb::Status::IOError("read: Input/output error"), "/d").code(),
            Code::kUnavailable);
}

TEST(RocksStatus, OurOwnDamageNamesThePlaceAndTheReason) {
  Status told = DamagedDatabase("/d", DataLoss("cut short"), "series 3");
  EXPECT_EQ(told.code(), Code::kDataLoss);
  EXPECT_THAT(told.message(), HasSubstr("/d is damaged: series 3: cut short; restore"));
}

}  // namespace
}  // namespace forewarn
