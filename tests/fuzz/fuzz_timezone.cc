// Zone files: none makes the reader crash, and what it accepts answers for any time with a sane
// offset.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "notifier/timezone.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  StatusOr<TimeZone> zone = TimeZone::Parse({reinterpret_cast<const char*>(data), size});
  if (!zone.ok()) return 0;
  for (int64_t millis : {int64_t{INT64_MIN}, int64_t{-1}, int64_t{0}, int64_t{1'777'629'600'000},
                         int64_t{4'102'444'800'000}, int64_t{INT64_MAX}}) {
    int64_t offset = zone->OffsetAt(FromMillis(millis)).count();
    FW_CHECK(offset >= -26 * 3600 && offset <= 26 * 3600);
  }
  return 0;
}
