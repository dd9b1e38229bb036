#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace forewarn {

// A disk that fails on command, below RocksDB: the files are real, in the test's folder, and every
// write passes through here. Thread-safe, as RocksDB's threads write too. It outlives the databases
// on it, so that what one process wrote without syncing can be lost under the next.
class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  // `seed` decides how much of what is not synced a power loss leaves behind.
  explicit FaultFileSystem(uint64_t seed);

  const char* Name() const override { return "FaultFileSystem"; }

  // The n-th write, sync, creation or renaming from now fails with an I/O error, and all after it; but for the sync of
  // a log that a newer one has replaced. RocksDB's flush and its next write both sync that, and where its assertions
  // are compiled in, as Debian's are, the second of them ends the process if the first has failed.
  void FailAt(uint64_t n);
  // There is room for this many more bytes. What does not fit is written as far as it does.
  void LimitBytes(uint64_t bytes);
  // At the n-th operation from now the power goes: what was not synced is lost, but for a torn piece of it, and a file
  // whose folder was not synced may be gone. That operation and the later ones are answered, since a process that is
  // dead notices nothing, and leave nothing behind; whoever drives it asks is_dark() before believing an answer.
  void LosePowerAt(uint64_t n);
  void LosePower();
  bool is_dark() const;
  // The disk works again, as large as it must be. What was lost stays lost.
  void Heal();

  // Operations so far.
  uint64_t operations() const;

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  friend class FaultFile;
  friend class FaultDirectory;

  struct Tracked {
    uint64_t written = 0;
    uint64_t synced = 0;
    bool named = false;  // its folder was synced since it was made
  };

  // What strikes one more operation.
  enum class Fate { kDone, kFails, kLost };
  Fate Operation();
  bool IsReplacedLog(const std::string& path) const;
  // How many of `size` bytes still fit.
  uint64_t Reserve(uint64_t size);
  void Wrote(const std::string& path, uint64_t size);
  void Synced(const std::string& path);
  void SyncedFolder(const std::string& path);
  void NameAllIn(const std::string& folder);  // under the lock, as is the next
  void LosePowerLocked();
  uint64_t Random();

  mutable std::mutex mutex_;
  std::map<std::string, Tracked> files_;  // all below are guarded by mutex_
  uint64_t operations_ = 0;
  std::optional<uint64_t> fail_at_;
  std::optional<uint64_t> lose_power_at_;
  std::optional<uint64_t> room_;
  bool dark_ = false;
  uint64_t random_;
};

}  // namespace forewarn
