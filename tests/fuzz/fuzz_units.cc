// Durations, sizes and times: text is refused, or read as a value that is written and read back the
// same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto d = ParseDuration(text); d.ok()) FW_CHECK(*ParseDuration(FormatDuration(*d)) == *d);
  if (auto bytes = ParseSize(text); bytes.ok()) FW_CHECK(*ParseSize(FormatSize(*bytes)) == *bytes);
  if (auto at = ParseTime(text); at.ok()) {
    // An offset can carry a time over the first or last year that is written with four digits.
    std::string written = FormatTime(*at);
    if (written[0] != '@') FW_CHECK(*ParseTime(written) == *at);
  }
  return 0;
}
