#include "probe/spool_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace forewarn {

std::string SystemReason() { return std::system_category().message(errno); }

Status WriteAll(int fd, std::string_view bytes, int64_t at) {
  while (!bytes.empty()) {
    ssize_t n = pwrite(fd, bytes.data(), bytes.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ResourceExhausted(SystemReason());
    bytes.remove_prefix(static_cast<size_t>(n));
    at += n;
  }
  return OkStatus();
}

StatusOr<std::string> ReadRange(const std::string& path, uint64_t from, uint64_t size) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return DataLoss(fmt::format("{}: {}", path, SystemReason()));
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    ssize_t n = pread(fd, bytes.data() + have, size - have, static_cast<off_t>(from + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  close(fd);
  if (have < size) return DataLoss(fmt::format("{}: ends before byte {}", path, from + size));
  return bytes;
}

Status ReplaceFile(const std::string& path, std::string_view bytes) {
  std::string beside = path + ".new";
  int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ResourceExhausted(fmt::format("{}: {}", beside, SystemReason()));
  Status written = WriteAll(fd, bytes, 0);
  close(fd);
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0)
    written = ResourceExhausted(SystemReason());
  return written.With(path);
}

void SyncFolder(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace forewarn
