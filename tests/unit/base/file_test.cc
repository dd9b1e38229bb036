#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace forewarn {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string folder = testing::TempDir() + "/forewarn-file-XXXXXX";
    dir_ = mkdtemp(folder.data());
  }
  ~FileTest() override { std::filesystem::remove_all(dir_); }

  std::string Path(const std::string& name) const { return dir_ + "/" + name; }
  static unsigned Mode(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  std::string dir_;
};

TEST_F(FileTest, HoldsWhatWasWritten) {
  std::string content("a\0b\n\xff", 5);
  ASSERT_TRUE(WriteFileAtomically(Path("x"), content).ok());
  EXPECT_EQ(*ReadFile(Path("x")), content);
  EXPECT_EQ(Mode(Path("x")), 0644u);
}

TEST_F(FileTest, ReplacesAtomicallyAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteFileAtomically(Path("x"), "old").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("x"), "new", 0600).ok());
  EXPECT_EQ(*ReadFile(Path("x")), "new");
  EXPECT_EQ(Mode(Path("x")), 0600u);
  EXPECT_EQ(*ListDir(dir_), std::vector<std::string>{"x"});
}

TEST_F(FileTest, SaysWhatHelpsAgainstADiskThatFails) {
  // Nothing is mapped at the beginning of a process's memory, and the kernel answers as a disk that fails does.
  Status status = ReadFile("/proc/self/mem").status();
  EXPECT_EQ(status.message(),
            "reading /proc/self/mem: Input/output error; check that disk, then try again");
}

TEST_F(FileTest, AFailedWriteLeavesNothingBeside) {
  ASSERT_TRUE(MakeDirs(Path("folder/inside")).ok());
  Status status = WriteFileAtomically(Path("folder"), "text");  // a folder cannot be renamed over
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(*ListDir(dir_), std::vector<std::string>{"folder"});
}

TEST_F(FileTest, AMissingFileIsNamedWithTheReason) {
  Status status = ReadFile(Path("missing")).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "reading " + Path("missing") + ": No such file or directory");
}

TEST_F(FileTest, AFolderIsNotAFile) {
  EXPECT_EQ(ReadFile(dir_).status().code(), Code::kFailedPrecondition);
}

TEST_F(FileTest, AFileBeyondTheBoundIsRefused) {
  ASSERT_TRUE(WriteFileAtomically(Path("x"), std::string(100, 'x')).ok());
  EXPECT_EQ(ReadFile(Path("x"), 100)->size(), 100u);
  EXPECT_EQ(ReadFile(Path("x"), 99).status().code(), Code::kResourceExhausted);
}

TEST_F(FileTest, MakesFoldersWithTheirParentsOnce) {
  ASSERT_TRUE(MakeDirs(Path("a/b/c"), 0700).ok());
  EXPECT_TRUE(MakeDirs(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeDirs(Path("a/b/c/")).ok());
  EXPECT_EQ(Mode(Path("a/b/c")), 0700u);
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "").ok());
  EXPECT_EQ(MakeDirs(Path("file/sub")).code(), Code::kFailedPrecondition);
}

TEST_F(FileTest, ListsNamesInOrder) {
  for (const char* name : {"b", "a", ".hidden"})
    ASSERT_TRUE(WriteFileAtomically(Path(name), "").ok());
  EXPECT_EQ(*ListDir(dir_), (std::vector<std::string>{".hidden", "a", "b"}));
  EXPECT_EQ(ListDir(Path("missing")).status().code(), Code::kNotFound);
}

TEST_F(FileTest, KnowsWhatExists) {
  EXPECT_TRUE(FileExists(dir_));
  EXPECT_FALSE(FileExists(Path("missing")));
}

}  // namespace
}  // namespace forewarn
