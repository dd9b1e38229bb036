#include <fcntl.h>
#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "probe/source.h"

namespace forewarn {
namespace {

// A round must not take for ever over a folder with millions of files: beyond this many the folder
// is reported with device_error, since a partial sum would look like free room.
constexpr int kEntriesMax = 500'000;

struct Usage {
  int64_t bytes = 0;
  int64_t files = 0;
};

StatusOr<Usage> Measure(const std::string& path) {
  struct stat top;
  if (stat(path.c_str(), &top) != 0) {
    return NotFound(fmt::format("{}: {}", path, std::system_category().message(errno)));
  }
  if (!S_ISDIR(top.st_mode)) return InvalidArgument(fmt::format("{}: is not a folder", path));
  char* const paths[] = {const_cast<char*>(path.c_str()), nullptr};
  FTS* tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr);
  if (tree == nullptr) {
    return Internal(fmt::format("{}: {}", path, std::system_category().message(errno)));
  }
  Usage usage;
  std::set<ino_t> linked;  // inodes with more than one name; FTS_XDEV keeps to one device
  int entries = 0;
  Status status;
  while (FTSENT* entry = fts_read(tree)) {
    if (++entries > kEntriesMax) {
      status = ResourceExhausted(fmt::format(
          "{}: more than {} files; give this folder a filesystem of its own", path, kEntriesMax));
      break;
    }
    switch (entry->fts_info) {
      case FTS_DNR:
        status = PermissionDenied(fmt::format("{}: {}", entry->fts_path,
                                              std::system_category().message(entry->fts_errno)));
        break;
      case FTS_DP:
      case FTS_NS:  // went away while we looked
      case FTS_ERR: continue;
      default: break;
    }
    if (!status.ok()) break;
    const struct stat& info = *entry->fts_statp;
    if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && !linked.insert(info.st_ino).second) continue;
    usage.bytes += static_cast<int64_t>(info.st_blocks) * 512;
    ++usage.files;
  }
  fts_close(tree);
  if (!status.ok()) return status;
  return usage;
}

class QuotaSource : public Source {
 public:
  explicit QuotaSource(std::vector<Quota> quotas) : quotas_(std::move(quotas)) {}

  std::string_view name() const override { return "quota"; }
  Status Read(Readings& out) override {
    Status first;
    for (const Quota& quota : quotas_) {
      auto sample = [&](std::string_view name, double value) {
        out.Sample(name, {{"device", quota.path}, {"fstype", "quota"}, {"mountpoint", quota.path}},
                   value);
      };
      StatusOr<Usage> usage = Measure(quota.path);
      sample("node_filesystem_device_error", usage.ok() ? 0 : 1);
      if (!usage.ok()) {
        if (first.ok()) first = usage.status();
        continue;
      }
      double free = static_cast<double>(std::max<int64_t>(0, quota.capacity - usage->bytes));
      sample("node_filesystem_size_bytes", static_cast<double>(quota.capacity));
      sample("node_filesystem_free_bytes", free);
      sample("node_filesystem_avail_bytes", free);
      sample("node_filesystem_readonly", 0);
    }
    return first;
  }

 private:
  const std::vector<Quota> quotas_;
};

}  // namespace

std::unique_ptr<Source> MakeQuotaSource(std::vector<Quota> quotas) {
  return std::make_unique<QuotaSource>(std::move(quotas));
}

}  // namespace forewarn
