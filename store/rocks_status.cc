#include "store/rocks_status.h"

#include <fmt/format.h>

namespace forewarn {
namespace {

Status FullDisk(const std::string& dir, const std::string& reason) {
  return ResourceExhausted(fmt::format(
      "the disk that holds {} is full: {}; make room on it and start again", dir, reason));
}

}  // namespace

Status Translate(const rocksdb::Status& status, const std::string& dir) {
  if (status.ok()) return OkStatus();
  std::string reason = status.ToString();
  // A write that waits for a flush is told `incomplete`, with the flush's reason as text only.
  if (status.IsNoSpace() || reason.find("No space left") != std::string::npos) {
    return FullDisk(dir, reason);
  }
  if (status.IsCorruption()) {
    return DataLoss(fmt::format(
        "the database in {} is damaged: {}; restore the folder from a backup", dir, reason));
  }
  if (status.IsIOError() && reason.find("LOCK") != std::string::npos) {
    return FailedPrecondition(
        fmt::format("another process holds {}: {}; stop it, or give this one a folder "
                    "of its own",
                    dir, reason));
  }
  return Unavailable(
      fmt::format("the disk that holds {} fails: {}; check the disk and the folder's rights, "
                  "then start again",
                  dir, reason));
}

Status DamagedDatabase(const std::string& dir, const Status& why, std::string_view what) {
  return DataLoss(
      fmt::format("the database in {} is damaged: {}: {}; restore the folder from a backup", dir,
                  what, why.message()));
}

}  // namespace forewarn
