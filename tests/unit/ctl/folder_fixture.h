#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "base/file.h"
#include "ctl/session.h"

namespace forewarn {

// A folder of the test's own, gone with it, and a session for commands that need no collector.
class FolderFixture : public testing::Test {
 protected:
  FolderFixture() {
    std::string folder = testing::TempDir() + "/forewarn-ctl-XXXXXX";
    dir_ = mkdtemp(folder.data());
  }
  ~FolderFixture() override { std::filesystem::remove_all(dir_); }

  // Makes the folders that the name says, and returns the path.
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = dir_ + "/" + name;
    EXPECT_TRUE(MakeDirs(path.substr(0, path.rfind('/'))).ok());
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return path;
  }

  std::string dir_;
  std::ostringstream out;
  std::ostringstream notes;
  Session session{nullptr, out, notes, false, FromMillis(0)};
};

}  // namespace forewarn
