#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

constexpr std::string_view kModes[] = {"user",   "nice", "system",  "idle",
                                       "iowait", "irq",  "softirq", "steal"};

class CpuSource : public Source {
 public:
  explicit CpuSource(std::string root) : path_(std::move(root) + "/proc/stat") {}

  std::string_view name() const override { return "cpu"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseCpu(text, static_cast<double>(sysconf(_SC_CLK_TCK)), out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

// cpu0 33 0 44 1638 0 0 7 6 0 0
Status ParseCpu(std::string_view stat, double ticks_per_second, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(stat, line)) {
    std::vector<std::string_view> words = Words(line);
    // The line `cpu` is the sum of the others.
    if (words.size() < 5 || !words[0].starts_with("cpu") || words[0] == "cpu") continue;
    std::string_view cpu = words[0].substr(3);
    for (size_t i = 0; i < std::size(kModes) + 2 && i + 1 < words.size(); ++i) {
      double ticks;
      if (!ParseNumber(words[i + 1], ticks)) {
        return InvalidArgument(
            fmt::format("{}: '{}' is not a number of ticks", words[0], words[i + 1]));
      }
      double seconds = ticks / ticks_per_second;
      if (i < std::size(kModes)) {
        out.Sample("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", kModes[i]}}, seconds);
      } else {
        std::string_view mode = i == std::size(kModes) ? "user" : "nice";
        out.Sample("node_cpu_guest_seconds_total", {{"cpu", cpu}, {"mode", mode}}, seconds);
      }
    }
    found = true;
  }
  return found ? OkStatus() : InvalidArgument("no line of a processor in it");
}

std::unique_ptr<Source> MakeCpuSource(std::string root) {
  return std::make_unique<CpuSource>(std::move(root));
}

}  // namespace forewarn
