// The parsers of /proc: whatever the text, they return, name series that can be split again, and
// read finite numbers.
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "probe/facts.h"
#include "probe/parse.h"

namespace forewarn {
namespace {

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Readings out{Timestamp()};
  switch (data[0] % 11) {
    case 0: (void)ParseCpu(text, 100, out); break;
    case 1: (void)ParseStat(text, out); break;
    case 2: (void)ParseMeminfo(text, out); break;
    case 3: (void)ParseDiskstats(text, {}, out); break;
    case 4: (void)ParseNetdev(text, {}, out); break;
    case 5: (void)ParsePressure("io", text, out); break;
    case 6: (void)ParseLoadavg(text, out); break;
    case 7: (void)ParseFileNr(text, out); break;
    case 8: (void)ParseVmstat(text, out); break;
    case 9: (void)ParseMountinfo(text); break;
    case 10:
      ParseOsRelease(text);
      ParseCpuinfo(text);
      break;
  }
  std::vector<std::string_view> parts;
  for (const Reading& reading : out.samples) {
    FW_CHECK(SplitSeriesName(reading.series, parts));
    FW_CHECK(std::isfinite(reading.value));
  }
}

}  // namespace
}  // namespace forewarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  forewarn::Run(data, size);
  return 0;
}
