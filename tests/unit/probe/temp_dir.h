#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace forewarn {

// A folder of the test's own, gone with it.
class TempDir {
 public:
  TempDir() {
    // In memory where there is such a place: these tests replace small files thousands of times.
    std::filesystem::path base = "/dev/shm";
    if (access(base.c_str(), W_OK) != 0) base = std::filesystem::temp_directory_path();
    std::string name = (base / "fw_probe_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  void Write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << content;
  }
  void Append(const std::string& name, const std::string& content) const {
    std::ofstream(*this / name, std::ios::binary | std::ios::app) << content;
  }

 private:
  std::string path_;
};

}  // namespace forewarn
