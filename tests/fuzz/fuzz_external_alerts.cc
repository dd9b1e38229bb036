// What is posted to the door of Alertmanager.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collector/doors/external_alerts.h"
#include "tests/fuzz/look_at_batches.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  forewarn::LimitSettings limits;
  forewarn::SourceToken from = forewarn::FuzzSource();
  forewarn::BatchBuilder builder(from, limits, forewarn::kFuzzNow);
  forewarn::Status status = forewarn::ReadExternalAlerts(
      {reinterpret_cast<const char*>(data), size}, forewarn::kFuzzNow, builder);
  if (!status.ok()) return 0;
  FW_CHECK(builder.events() <= builder.samples());
  forewarn::LookAtBatches(builder.Take());
  return 0;
}
