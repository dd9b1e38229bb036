// Stored entries: whatever bytes a damaged disk returns are refused, or read as something that
// encodes to itself.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/record.h"
#include "model/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  StatusOr<Entry> entry = DecodeRecord<Entry>(bytes);
  if (!entry.ok()) return 0;
  std::string once = EncodeRecord(*entry);
  StatusOr<Entry> again = DecodeRecord<Entry>(once);
  FW_CHECK(again.ok());
  FW_CHECK(EncodeRecord(*again) == once);
  return 0;
}
