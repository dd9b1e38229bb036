#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

constexpr std::string_view kColumns[] = {
    "node_network_receive_bytes_total",      "node_network_receive_packets_total",
    "node_network_receive_errs_total",       "node_network_receive_drop_total",
    "node_network_receive_fifo_total",       "node_network_receive_frame_total",
    "node_network_receive_compressed_total", "node_network_receive_multicast_total",
    "node_network_transmit_bytes_total",     "node_network_transmit_packets_total",
    "node_network_transmit_errs_total",      "node_network_transmit_drop_total",
    "node_network_transmit_fifo_total",      "node_network_transmit_colls_total",
    "node_network_transmit_carrier_total",   "node_network_transmit_compressed_total",
};

std::string_view Trim(std::string_view text) {
  size_t from = text.find_first_not_of(" \t\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\n") - from + 1);
}

class NetdevSource : public Source {
 public:
  NetdevSource(const std::string& root, NameFilter devices)
      : path_(root + "/proc/net/dev"),
        classes_(root + "/sys/class/net"),
        devices_(std::move(devices)) {}

  std::string_view name() const override { return "netdev"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    FW_RETURN_IF_ERROR(ParseNetdev(text, devices_, out).With(path_));
    StatusOr<std::vector<std::string>> devices = ListDir(classes_);
    if (!devices.ok()) return OkStatus();  // no sysfs in this container
    for (const std::string& device : *devices) {
      if (devices_.Admits(device)) ReadClass(device, out);
    }
    return OkStatus();
  }

 private:
  void ReadClass(const std::string& device, Readings& out) {
    std::string folder = fmt::format("{}/{}/", classes_, device);
    StatusOr<std::string> state = ReadFile(folder + "operstate", 4096);
    if (!state.ok()) return;  // a file such as bonding_masters, or a device that just went
    out.Sample("node_network_up", {{"device", device}}, Trim(*state) == "up" ? 1 : 0);
    // `carrier` and `speed` cannot be read while a device is down; then they have no value.
    double value;
    if (StatusOr<std::string> text = ReadFile(folder + "carrier", 4096);
        text.ok() && ParseNumber(Trim(*text), value)) {
      out.Sample("node_network_carrier", {{"device", device}}, value);
    }
    if (StatusOr<std::string> text = ReadFile(folder + "mtu", 4096);
        text.ok() && ParseNumber(Trim(*text), value)) {
      out.Sample("node_network_mtu_bytes", {{"device", device}}, value);
    }
    if (StatusOr<std::string> text = ReadFile(folder + "speed", 4096);
        text.ok() && ParseNumber(Trim(*text), value)) {
      out.Sample("node_network_speed_bytes", {{"device", device}}, value * 1e6 / 8);
    }
  }

  const std::string path_;
  const std::string classes_;
  const NameFilter devices_;
};

}  // namespace

// Two lines of headings, then `  eth0: 1 2 3 …` with 16 numbers; the first may touch the colon.
Status ParseNetdev(std::string_view text, const NameFilter& devices, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) {
      found = found || line.find('|') != std::string_view::npos;
      continue;
    }
    std::string_view device = Trim(line.substr(0, colon));
    std::vector<std::string_view> words = Words(line.substr(colon + 1));
    if (device.empty() || words.size() < std::size(kColumns)) continue;
    found = true;
    if (!devices.Admits(device)) continue;
    for (size_t i = 0; i < std::size(kColumns); ++i) {
      double value;
      if (!ParseNumber(words[i], value)) {
        return InvalidArgument(fmt::format("{}: '{}' is not a number", device, words[i]));
      }
      out.Sample(kColumns[i], {{"device", device}}, value);
    }
  }
  return found ? OkStatus() : InvalidArgument("no line of a device in it");
}

std::unique_ptr<Source> MakeNetdevSource(std::string root, NameFilter devices) {
  return std::make_unique<NetdevSource>(root, std::move(devices));
}

}  // namespace forewarn
