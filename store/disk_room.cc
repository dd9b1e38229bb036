#include "store/disk_room.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <limits>
#include <system_error>
#include <vector>

#include "base/file.h"

namespace forewarn {
namespace {

// A new manifest, which is set aside with 4 MiB at once, the options and the first pages of a new log.
constexpr int64_t kNewFiles = 8 << 20;

// Tables are smaller than the logs that they are made of.
StatusOr<int64_t> BytesOfLogs(const std::string& dir) {
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(dir));
  int64_t bytes = 0;
  for (const std::string& name : names) {
    struct stat info;
    if (name.ends_with(".log") && stat((dir + "/" + name).c_str(), &info) == 0) {
      bytes += int64_t{info.st_size};
    }
  }
  return bytes;
}

}  // namespace

StatusOr<int64_t> FreeBytes(const std::string& dir) {
  struct statvfs info;
  if (statvfs(dir.c_str(), &info) != 0) {
    return Unavailable(fmt::format("{}: cannot tell how much room is left: {}", dir,
                                   std::system_category().message(errno)));
  }
  if (info.f_blocks == 0) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(info.f_bavail * info.f_frsize);
}

Status CheckRoom(const std::string& dir, int64_t free_bytes) {
  FW_ASSIGN_OR_RETURN(int64_t logs, BytesOfLogs(dir));
  int64_t needed = logs + kNewFiles;
  if (free_bytes >= needed) return OkStatus();
  return ResourceExhausted(
      fmt::format("the disk that holds {} is full: {} MiB are left, and opening the database takes "
                  "up to {} MiB; make room on it and start again",
                  dir, free_bytes >> 20, (needed + (1 << 20) - 1) >> 20));
}

}  // namespace forewarn
