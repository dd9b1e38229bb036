#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/unit/store/temp_dir.h"

namespace forewarn {

// A commit of partition 0.
inline Commit Make(uint64_t sequence, size_t entry_size = 10) {
  Commit commit;
  commit.sequence = sequence;
  // Not compressible, so that files grow.
  uint64_t state = sequence;
  for (size_t i = 0; i < entry_size; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    commit.entry.push_back(static_cast<char>(state >> 56));
  }
  return commit;
}

// Databases in a folder of the test's own. What they share with every store is in store_test.cc;
// what happens on bad disks in tests/integration.
class RocksFixture : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(std::string name = "db") {
    auto opened = OpenStore({.dir = Dir(name), .write_buffer_bytes = 256 << 10});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  Status OpenFails() {
    auto opened = OpenStore({.dir = Dir("db")});
    EXPECT_FALSE(opened.ok());
    return opened.status();
  }
  std::string Dir(const std::string& name = "db") const { return dir_.path() + "/" + name; }
  std::vector<std::filesystem::path> Files(const std::string& extension) const {
    std::vector<std::filesystem::path> result;
    for (const auto& item : std::filesystem::directory_iterator(Dir())) {
      if (item.path().extension() == extension) result.push_back(item.path());
    }
    return result;
  }

  TempDir dir_;
};

}  // namespace forewarn
