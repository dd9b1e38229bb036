#include "probe/spool_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/probe/spool_items.h"

namespace forewarn {
namespace {

TEST(SpoolFormat, ASpoolOfANewerOneIsRefusedAndLeftAsItIs) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  std::filesystem::create_directories(options.folder);
  SpoolManifest manifest;
  manifest.epoch = 7;
  manifest.format = kSpoolFormat + 1;
  Spill(options.folder + "/manifest", EncodeManifest(manifest));
  Spill(options.folder + "/samples-00000000000000000001.seg", "anything");
  StatusOr<std::unique_ptr<Spool>> spool = Spool::Open(options, kStart);
  ASSERT_FALSE(spool.ok());
  EXPECT_EQ(spool.status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(spool.status().message(),
            options.folder +
                ": written by a newer forewarn-probe (format 2, this one reads 1): run the newer "
                "version, or move the folder away, and what waits in it is not sent");
  EXPECT_EQ(Slurp(options.folder + "/manifest"), EncodeManifest(manifest));
  EXPECT_EQ(Slurp(options.folder + "/samples-00000000000000000001.seg"), "anything");
}

TEST(SpoolFormat, SegmentsOfANewerOneAreRefusedAlsoWithoutAManifest) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  std::filesystem::create_directories(options.folder);
  std::string segment = "FWSPOOL2\x01 and what only that version knows";
  Spill(options.folder + "/samples-00000000000000000001.seg", segment);
  StatusOr<std::unique_ptr<Spool>> spool = Spool::Open(options, kStart);
  ASSERT_FALSE(spool.ok());
  EXPECT_THAT(spool.status().message(), ::testing::HasSubstr("newer forewarn-probe (format 2"));
  EXPECT_EQ(Slurp(options.folder + "/samples-00000000000000000001.seg"), segment);
}

}  // namespace
}  // namespace forewarn
