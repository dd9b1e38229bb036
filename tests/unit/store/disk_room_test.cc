#include "store/disk_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/unit/store/temp_dir.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;

TEST(DiskRoom, AnEmptyFolderNeedsALittle) {
  TempDir dir;
  EXPECT_TRUE(CheckRoom(dir.path(), 8 * kMiB).ok());
  EXPECT_FALSE(CheckRoom(dir.path(), 8 * kMiB - 1).ok());
}

TEST(DiskRoom, WhatTheLogsHoldMustFitOnceMoreAndTheMessageSaysSo) {
  TempDir dir;
  ASSERT_TRUE(WriteFileAtomically(dir.path() + "/000004.log", std::string(3 * kMiB, 'x')).ok());
  ASSERT_TRUE(WriteFileAtomically(dir.path() + "/000005.sst", std::string(3 * kMiB, 'x')).ok());
  EXPECT_TRUE(CheckRoom(dir.path(), 11 * kMiB).ok());
  Status full = CheckRoom(dir.path(), 11 * kMiB - 1);
  EXPECT_EQ(full.code(), Code::kResourceExhausted);
  EXPECT_THAT(full.message(), HasSubstr("the disk that holds " + dir.path() + " is full"));
  EXPECT_THAT(full.message(), HasSubstr("10 MiB are left"));
  EXPECT_THAT(full.message(), HasSubstr("up to 11 MiB; make room on it and start again"));
}

TEST(DiskRoom, TellsWhatIsFreeAndNamesAFolderThatIsNotThere) {
  TempDir dir;
  EXPECT_GT(*FreeBytes(dir.path()), 0);
  EXPECT_THAT(FreeBytes(dir.path() + "/none").status().message(), HasSubstr(dir.path() + "/none"));
}

}  // namespace
}  // namespace forewarn
