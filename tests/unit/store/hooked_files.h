#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace forewarn {

// The machine's files, below RocksDB, with two doors: one to act amid a read, as another thread might just
// then, and one to have the writes of logs fail.
class HookedFiles : public rocksdb::FileSystemWrapper {
 public:
  HookedFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "HookedFiles"; }

  // Runs once, before this thread next reads from a table.
  void BeforeNextRead(std::function<void()> hook) {
    thread_ = std::this_thread::get_id();
    hook_ = std::move(hook);
    armed_ = true;
  }
  void FailLogs(bool fail) { failing_ = fail; }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    rocksdb::IOStatus made = target()->NewRandomAccessFile(path, options, &file, debug);
    if (made.ok()) *result = std::make_unique<Readable>(std::move(file), *this);
    return made;
  }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    rocksdb::IOStatus made = target()->NewWritableFile(path, options, &file, debug);
    if (!made.ok()) return made;
    if (path.ends_with(".log")) file = std::make_unique<Log>(std::move(file), *this);
    *result = std::move(file);
    return made;
  }

 private:
  class Readable : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    Readable(std::unique_ptr<rocksdb::FSRandomAccessFile>&& file, HookedFiles& files)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), files_(files) {}
    rocksdb::IOStatus Read(uint64_t offset, size_t n, const rocksdb::IOOptions& options,
                           rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
      if (files_.armed_ && files_.thread_ == std::this_thread::get_id()) {
        files_.armed_ = false;
        files_.hook_();
      }
      return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
    }

   private:
    HookedFiles& files_;
  };
  class Log : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Log(std::unique_ptr<rocksdb::FSWritableFile>&& file, HookedFiles& files)
        : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (files_.failing_) return rocksdb::IOStatus::IOError("Input/output error");
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }

   private:
    HookedFiles& files_;
  };

  std::thread::id thread_;      // before armed_
  std::function<void()> hook_;  // before armed_
  std::atomic<bool> armed_ = false;
  std::atomic<bool> failing_ = false;
};

}  // namespace forewarn
