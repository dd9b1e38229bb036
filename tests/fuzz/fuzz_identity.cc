// The identity in a client certificate: whatever parses is written back as the same bytes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "collector/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view uri(reinterpret_cast<const char*>(data), size);
  forewarn::StatusOr<forewarn::Identity> identity = forewarn::ParseIdentity(uri);
  if (identity.ok()) FW_CHECK(forewarn::IdentityUri(*identity) == uri);
  return 0;
}
