#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

constexpr std::string_view kResources[] = {"cpu", "memory", "io"};

class PressureSource : public Source {
 public:
  explicit PressureSource(std::string root) : folder_(std::move(root) + "/proc/pressure/") {}

  std::string_view name() const override { return "pressure"; }
  Status Read(Readings& out) override {
    // Kernels before 4.20, and those started with psi=0, have none of this; then there is nothing
    // to say.
    if (!FileExists(folder_ + "cpu")) return OkStatus();
    for (std::string_view resource : kResources) {
      std::string path = folder_ + std::string(resource);
      FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
      FW_RETURN_IF_ERROR(ParsePressure(resource, text, out).With(path));
    }
    return OkStatus();
  }

 private:
  const std::string folder_;
};

}  // namespace

// some avg10=0.00 avg60=0.00 avg300=0.00 total=10431866
// full avg10=0.00 avg60=0.00 avg300=0.00 total=3713940
Status ParsePressure(std::string_view resource, std::string_view text, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.size() < 2) continue;
    // For the whole host a processor is never waited for by everybody; the kernel's zeros are left
    // out.
    std::string_view what = words[0] == "some"                        ? "waiting"
                            : words[0] == "full" && resource != "cpu" ? "stalled"
                                                                      : "";
    if (what.empty()) continue;
    constexpr std::string_view kTotal = "total=";
    double micros;
    if (!words.back().starts_with(kTotal) ||
        !ParseNumber(words.back().substr(kTotal.size()), micros)) {
      return InvalidArgument(
          fmt::format("'{}' where total= and a number were expected", words.back()));
    }
    out.Sample(fmt::format("node_pressure_{}_{}_seconds_total", resource, what), micros / 1e6);
    found = true;
  }
  return found ? OkStatus() : InvalidArgument("no known line in it");
}

std::unique_ptr<Source> MakePressureSource(std::string root) {
  return std::make_unique<PressureSource>(std::move(root));
}

}  // namespace forewarn
