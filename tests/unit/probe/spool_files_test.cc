#include "probe/spool_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

TEST(SpoolFiles, AFileIsReplacedAsAWholeAndReadInParts) {
  TempDir dir;
  std::string path = dir / "file";
  ASSERT_TRUE(ReplaceFile(path, "a long one").ok());
  ASSERT_TRUE(ReplaceFile(path, "short").ok());
  EXPECT_EQ(*ReadRange(path, 1, 3), "hor");
  EXPECT_FALSE(FileExists(path + ".new"));
}

TEST(SpoolFiles, ARangeBeyondTheEndNamesTheFileAndTheByte) {
  TempDir dir;
  std::string path = dir / "file";
  ASSERT_TRUE(ReplaceFile(path, "short").ok());
  EXPECT_EQ(ReadRange(path, 3, 3).status().message(), path + ": ends before byte 6");
  EXPECT_EQ(ReadRange(dir / "none", 0, 1).status().message(),
            (dir / "none") + ": No such file or directory");
}

TEST(SpoolFiles, WritingWhereNothingCanBeWrittenSaysWhy) {
  TempDir dir;
  EXPECT_FALSE(ReplaceFile(dir / "no/file", "x").ok());
  int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(WriteAll(fd, "x", 0).message(), "No space left on device");
  close(fd);
}

}  // namespace
}  // namespace forewarn
