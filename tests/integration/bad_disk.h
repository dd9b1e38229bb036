#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace forewarn {

// What a disk that fails knows of the files below one folder: which of their bytes and names would be there after a
// loss of power. bad_disk_calls.cc asks it before each change and tells it what was done; its opening comment says what
// can happen. Whoever calls holds mutex(), but for Holds() and IsOurs(). For files that are appended to alone.
class BadDisk {
 public:
  explicit BadDisk(std::string folder);

  std::mutex& mutex() { return mutex_; }
  bool Holds(const char* path) const;

  // Whether one more change may be made; if not, why (an errno). `bytes` are wanted, and may be made fewer. Does not
  // return when the process is to end here.
  int Ask(const char* what, const std::string& path, uint64_t* bytes = nullptr);
  // A full disk still syncs and removes.
  bool is_full() const { return struck_ && fault_ == Fault::kFull; }

  // Files that are open: all but those that are only read and exist.
  void Opened(int fd, const std::string& path, bool made, bool emptied);
  bool IsOurs(int fd) const;
  const std::string& PathOf(int fd) { return paths_[fd]; }
  void Closed(int fd);

  // What was done.
  void Wrote(const std::string& path, uint64_t end);
  void Cut(const std::string& path, uint64_t size);
  void Synced(const std::string& path);  // a file or a folder
  void Linked(const std::string& path);
  void Renamed(const std::string& from, const std::string& to, const std::string& replaced);
  void Removed(const std::string& path, const std::string& aside);

  // Keeps what is about to be replaced or removed, and says under which name; empty when there is nothing.
  std::string PutAside(const std::string& path);
  // It was not.
  void TakeBack(const std::string& path, const std::string& aside);

  // For the process that comes next.
  void Save();

 private:
  enum class Fault { kNone, kError, kOnce, kFull, kKill, kPower };

  struct File {
    uint64_t written = 0;
    uint64_t synced = 0;
  };

  // A change of a folder that its next sync makes durable.
  struct Change {
    enum class Kind { kMade, kRenamed, kRemoved } kind = Kind::kMade;
    std::string path;
    std::string to;     // of what was renamed
    std::string aside;  // keeps what lay at `to`, or was removed; empty: nothing
  };

  static constexpr int kDescriptors = 65536;

  void Load();
  std::string aside() const { return state_ + ".aside"; }
  void Move(const std::string& from, const std::string& to);
  void LosePower();
  void Undo(const Change& change);
  void PutBack(const std::string& aside, const std::string& path);
  uint64_t Random();

  // Fixed after construction.
  const std::string folder_;
  std::string state_;
  Fault fault_ = Fault::kNone;
  uint64_t at_ = 0;

  // Changes, under the lock; is_ours_ is asked without it.
  std::mutex mutex_;
  uint64_t random_ = 0;
  uint64_t changes_ = 0;
  uint64_t put_aside_ = 0;
  uint64_t room_ = 0;
  bool struck_ = false;
  std::map<int, std::string> paths_;
  std::map<std::string, File> files_;  // those written here; the others are durable as they are
  std::vector<Change> changes_of_folders_;  // in their order
  std::atomic<bool> is_ours_[kDescriptors] = {};
};

}  // namespace forewarn
