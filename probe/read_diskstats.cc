#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

constexpr double kSector = 512;  // bytes, whatever the device's own sector is
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

class DiskstatsSource : public Source {
 public:
  DiskstatsSource(std::string root, NameFilter devices)
      : path_(std::move(root) + "/proc/diskstats"), devices_(std::move(devices)) {}

  std::string_view name() const override { return "diskstats"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseDiskstats(text, devices_, out).With(path_);
  }

 private:
  const std::string path_;
  const NameFilter devices_;
};

}  // namespace

// 254 0 vda 5113 1302 421530 1443 2610 3037 135418 1839 0 1980 3283 …
Status ParseDiskstats(std::string_view text, const NameFilter& devices, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.size() < 14) continue;
    found = true;
    std::string_view device = words[2];
    if (!devices.Admits(device)) continue;
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

std::unique_ptr<Source> MakeDiskstatsSource(std::string root, NameFilter devices) {
  return std::make_unique<DiskstatsSource>(std::move(root), std::move(devices));
}

}  // namespace forewarn
