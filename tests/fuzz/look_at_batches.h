#pragma once

#include <vector>

#include "base/check.h"
#include "model/source_token.h"
#include "model/telemetry.h"

namespace forewarn {

// What the fuzz targets of the doors share.

inline constexpr Timestamp kFuzzNow = FromMillis(1'780'000'000'000);

inline SourceToken FuzzSource() {
  SourceToken from;
  from.customer = "acme";
  from.installation = "main";
  from.source = "fuzz";
  from.source_id = "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11";
  return from;
}

// The promises that a batch keeps before it reaches the fold.
inline void LookAtBatches(const std::vector<Batch>& batches) {
  for (const Batch& batch : batches) {
    FW_CHECK(batch.source.customer == "acme");
    const SampleBlock& samples = batch.samples;
    FW_CHECK(samples.refs.size() == samples.times.size() &&
             samples.refs.size() == samples.values.size());
    FW_CHECK(samples.refs.empty() == (samples.table == nullptr));
    for (uint32_t ref : samples.refs) FW_CHECK(ref < samples.table->series.size());
    for (Timestamp at : samples.times) FW_CHECK(at >= kTimeZero);
    for (const Event& event : batch.events) {
      FW_CHECK(event.count > 0 && event.last_at >= event.at);
      FW_CHECK(event.source.size() <= 256);
    }
    if (samples.table == nullptr) continue;
    for (const Labels& labels : samples.table->series) {
      FW_CHECK(labels.Get("customer") == "acme");
      FW_CHECK(IsMetricName(labels.name()));
      for (const auto& [name, value] : labels) FW_CHECK(IsLabelName(name) && !value.empty());
    }
  }
}

}  // namespace forewarn
