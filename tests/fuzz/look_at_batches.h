#pragma once

#include <vector>

#include "base/check.h"
#include "collector/doors/source_memory.h"
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
inline void LookAtBatches(std::vector<DoorBatch> batches) {
  for (const DoorBatch& each : batches) {
    const Batch& batch = each.batch;
    FW_CHECK(each.event_ids.size() == batch.events.size());
    size_t next = 0;
    for (const DoorBatch::Difference& difference : each.differences) {
      FW_CHECK(difference.sample >= next && difference.sample < batch.samples.size());
      next = difference.sample + 1;
    }
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
  // What is sent again is known: nothing is left of it but plain samples.
  SourceMemory memory;
  LimitSettings limits;
  SourceMemory::Repeated repeated;
  std::vector<DoorBatch> again = batches;
  for (DoorBatch& each : batches) memory.Take(each, 1, kFuzzNow, limits, repeated);
  for (DoorBatch& each : again) {
    size_t plain = each.batch.samples.size() - each.differences.size();
    memory.Take(each, 2, kFuzzNow, limits, repeated);
    FW_CHECK(each.batch.events.empty() && each.batch.samples.size() == plain);
    FW_CHECK((plain == 0) == (each.batch.samples.table == nullptr));
  }
}

}  // namespace forewarn
