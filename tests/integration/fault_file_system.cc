#include "tests/integration/fault_file_system.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace forewarn {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

std::string Normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

IOStatus Dark() { return IOStatus::IOError("the power is off"); }
IOStatus Failure() { return IOStatus::IOError("Input/output error"); }

}  // namespace

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string path,
            FaultFileSystem& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), disk_(disk) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    FaultFileSystem::Fate fate = disk_.Operation();
    if (fate == FaultFileSystem::Fate::kFails) return Failure();
    if (fate == FaultFileSystem::Fate::kLost) return IOStatus::OK();
    uint64_t fits = disk_.Reserve(data.size());
    IOStatus written = target()->Append(Slice(data.data(), fits), options, debug);
    if (!written.ok()) return written;
    disk_.Wrote(path_, fits);
    if (fits < data.size()) return IOStatus::NoSpace("No space left on device", path_);
    return written;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("positioned writes");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return IOStatus::NotSupported("positioned writes");
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return Synced(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return Synced(); }
  // A hint, not a promise.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Allocate(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}

 private:
  // Without the machine's own sync: the power loss is ours too.
  IOStatus Synced() {
    FaultFileSystem::Fate fate = disk_.Operation();
    if (fate == FaultFileSystem::Fate::kFails && !disk_.IsReplacedLog(path_)) return Failure();
    if (fate != FaultFileSystem::Fate::kLost) disk_.Synced(path_);
    return IOStatus::OK();
  }

  const std::string path_;
  FaultFileSystem& disk_;
};

class FaultDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultDirectory(std::unique_ptr<rocksdb::FSDirectory>&& directory, std::string path,
                 FaultFileSystem& disk)
      : FSDirectoryWrapper(std::move(directory)), path_(std::move(path)), disk_(disk) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return Synced(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return Synced();
  }

 private:
  IOStatus Synced() {
    FaultFileSystem::Fate fate = disk_.Operation();
    if (fate == FaultFileSystem::Fate::kFails) return Failure();
    if (fate == FaultFileSystem::Fate::kDone) disk_.SyncedFolder(path_);
    return IOStatus::OK();
  }

  const std::string path_;
  FaultFileSystem& disk_;
};

FaultFileSystem::FaultFileSystem(uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {}

void FaultFileSystem::FailAt(uint64_t n) {
  std::lock_guard lock(mutex_);
  fail_at_ = operations_ + n;
}

void FaultFileSystem::LimitBytes(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  room_ = bytes;
}

void FaultFileSystem::LosePowerAt(uint64_t n) {
  std::lock_guard lock(mutex_);
  lose_power_at_ = operations_ + n;
}

void FaultFileSystem::LosePower() {
  std::lock_guard lock(mutex_);
  LosePowerLocked();
}

void FaultFileSystem::Heal() {
  std::lock_guard lock(mutex_);
  fail_at_.reset();
  lose_power_at_.reset();
  room_.reset();
  dark_ = false;
}

uint64_t FaultFileSystem::operations() const {
  std::lock_guard lock(mutex_);
  return operations_;
}

uint64_t FaultFileSystem::Random() {
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return random_ >> 33;
}

void FaultFileSystem::LosePowerLocked() {
  if (dark_) return;
  dark_ = true;
  std::error_code error;
  for (auto it = files_.begin(); it != files_.end();) {
    Tracked& file = it->second;
    if (!file.named && Random() % 2 == 0) {
      std::filesystem::remove(it->first, error);
      it = files_.erase(it);
      continue;
    }
    if (file.written > file.synced) {
      uint64_t left = file.synced + Random() % (file.written - file.synced + 1);
      std::filesystem::resize_file(it->first, left, error);
      file.written = file.synced = left;
    }
    file.named = true;
    ++it;
  }
}

FaultFileSystem::Fate FaultFileSystem::Operation() {
  std::lock_guard lock(mutex_);
  ++operations_;
  if (lose_power_at_ && operations_ >= *lose_power_at_) LosePowerLocked();
  if (dark_) return Fate::kLost;
  return fail_at_ && operations_ >= *fail_at_ ? Fate::kFails : Fate::kDone;
}

bool FaultFileSystem::IsReplacedLog(const std::string& path) const {
  std::filesystem::path log(path);
  if (log.extension() != ".log") return false;
  std::lock_guard lock(mutex_);
  // Their names are numbers of six digits at least, so that the newer one is the larger.
  return std::any_of(files_.begin(), files_.end(), [&](const auto& file) {
    std::filesystem::path other(file.first);
    return other.extension() == ".log" && other.parent_path() == log.parent_path() &&
           other.filename() > log.filename();
  });
}

bool FaultFileSystem::is_dark() const {
  std::lock_guard lock(mutex_);
  return dark_;
}

uint64_t FaultFileSystem::Reserve(uint64_t size) {
  std::lock_guard lock(mutex_);
  if (!room_) return size;
  uint64_t fits = std::min(size, *room_);
  *room_ -= fits;
  return fits;
}

void FaultFileSystem::Wrote(const std::string& path, uint64_t size) {
  std::lock_guard lock(mutex_);
  // When the power went between the operation and here, the bytes are more torn ones: cut them off.
  Tracked& file = files_[path];
  if (dark_) {
    std::error_code error;
    std::filesystem::resize_file(path, file.written, error);
  } else {
    file.written += size;
  }
}

void FaultFileSystem::Synced(const std::string& path) {
  std::lock_guard lock(mutex_);
  Tracked& file = files_[path];
  if (!dark_) file.synced = file.written;
}

void FaultFileSystem::SyncedFolder(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!dark_) NameAllIn(path);
}

void FaultFileSystem::NameAllIn(const std::string& folder) {
  for (auto& [name, file] : files_) {
    if (std::filesystem::path(name).parent_path() == std::filesystem::path(folder)) {
      file.named = true;
    }
  }
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* result,
                                          IODebugContext* debug) {
  Fate fate = Operation();
  if (fate != Fate::kDone) return fate == Fate::kLost ? Dark() : Failure();
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus made = target()->NewWritableFile(path, options, &file, debug);
  if (!made.ok()) return made;
  {
    std::lock_guard lock(mutex_);
    files_[Normal(path)] = Tracked();
  }
  *result = std::make_unique<FaultFile>(std::move(file), Normal(path), *this);
  return made;
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                             std::unique_ptr<rocksdb::FSWritableFile>*,
                                             IODebugContext*) {
  return IOStatus::NotSupported("reopening");
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string&, const std::string&,
                                            const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSWritableFile>*,
                                            IODebugContext*) {
  return IOStatus::NotSupported("reusing");
}

IOStatus FaultFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* result,
                                       IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  IOStatus made = target()->NewDirectory(path, options, &directory, debug);
  if (!made.ok()) return made;
  *result = std::make_unique<FaultDirectory>(std::move(directory), Normal(path), *this);
  return made;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* debug) {
  Fate fate = Operation();
  if (fate != Fate::kDone) return fate == Fate::kLost ? Dark() : Failure();
  IOStatus renamed = target()->RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  std::lock_guard lock(mutex_);
  auto moved = files_.extract(Normal(from));
  if (!moved.empty()) {
    moved.key() = Normal(to);
    files_.erase(Normal(to));
    files_.insert(std::move(moved));
  }
  // A renaming is taken to be durable, and a folder's changes to become so in their order.
  NameAllIn(std::filesystem::path(Normal(to)).parent_path().string());
  return renamed;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                     IODebugContext* debug) {
  {
    std::lock_guard lock(mutex_);
    if (dark_) return Dark();
    files_.erase(Normal(path));
  }
  return target()->DeleteFile(path, options, debug);
}

}  // namespace forewarn
