// Settings files: any text is read or refused with at least one mistake that has a place.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/collector_settings.h"
#include "config/probe_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto settings = ParseCollectorSettings("f.yaml", text); !settings.ok()) {
    FW_CHECK(settings.status().message().starts_with("f.yaml:"));
  }
  if (auto settings = ParseProbeSettings("f.yaml", text); !settings.ok()) {
    FW_CHECK(settings.status().message().starts_with("f.yaml:"));
  }
  return 0;
}
