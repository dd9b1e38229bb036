#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

constexpr double kSector = 512;       // bytes, whatever the device's own sector is
constexpr double kMillisecond = 1e-3;

struct Column {
  std::string_view metric;
  double unit;
};
// In the order of the fields behind the device's name; kernels before 4.18 and 5.5 end earlier.
constexpr Column kColumns[] = {
    {"node_disk_reads_completed_total", 1},
    {"node_disk_reads_merged_total", 1},
    {"node_disk_read_bytes_total", kSector},
    {"node_disk_read_time_seconds_total", kMillisecond},
    {"node_disk_writes_completed_total", 1},
    {"node_disk_writes_merged_total", 1},
    {"node_disk_written_bytes_total", kSector},
    {"node_disk_write_time_seconds_total", kMillisecond},
    {"node_disk_io_now", 1},
    {"node_disk_io_time_seconds_total", kMillisecond},
    {"node_disk_io_time_weighted_seconds_total", kMillisecond},
    {"node_disk_discards_completed_total", 1},
    {"node_disk_discards_merged_total", 1},
    {"node_disk_discarded_sectors_total", 1},
    {"node_disk_discard_time_seconds_total", kMillisecond},
    {"node_disk_flush_requests_total", 1},
    {"node_disk_flush_requests_time_seconds_total", kMillisecond},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Partitions and devices in memory: ram0, loop1, fd0, sda1, nvme0n1p2. A partition repeats its disk.
bool IsExcluded(std::string_view device) {
  size_t end = device.size();
  while (end > 0 && IsDigit(device[end - 1])) --end;
  if (end == device.size()) return false;
  std::string_view stem = device.substr(0, end);
  if (stem == "ram" || stem == "loop" || stem == "fd") return true;
  if (stem.size() >= 3 && stem.back() >= 'a' && stem.back() <= 'z') {
    std::string_view kind = stem.substr(0, stem.size() - 1);
    if (kind == "hd" || kind == "sd" || kind == "vd" || kind == "xvd") return true;
  }
  return stem.starts_with("nvme") && stem.ends_with("p") && stem.find('n', 4) != std::string_view::npos;
}

class DiskstatsSource : public Source {
 public:
  explicit DiskstatsSource(std::string root) : path_(std::move(root) + "/proc/diskstats") {}

  std::string_view name() const override { return "diskstats"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseDiskstats(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

// 254 0 vda 5113 1302 421530 1443 2610 3037 135418 1839 0 1980 3283 …
Status ParseDiskstats(std::string_view text, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.size() < 14) continue;
    found = true;
    std::string_view device = words[2];
    if (IsExcluded(device)) continue;
    for (size_t i = 0; i < std::size(kColumns) && i + 3 < words.size(); ++i) {
      double value;
      if (!ParseNumber(words[i + 3], value)) {
        return InvalidArgument(fmt::format("{}: '{}' is not a number", device, words[i + 3]));
      }
      out.Sample(kColumns[i].metric, {{"device", device}}, value * kColumns[i].unit);
    }
  }
  // A host without any block device has an empty file.
  return found || text.empty() ? OkStatus() : InvalidArgument("no line of a device in it");
}

std::unique_ptr<Source> MakeDiskstatsSource(std::string root) {
  return std::make_unique<DiskstatsSource>(std::move(root));
}

}  // namespace forewarn
