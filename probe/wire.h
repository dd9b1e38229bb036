#pragma once

#include <cstdint>
#include <unordered_map>

#include "forewarn/v1/ingest.pb.h"
#include "probe/reading.h"
#include "probe/spool.h"

namespace forewarn {

// Writes a batch as the protocol has it. `refs` are the series that this stream has named so far;
// those new in the batch are named in it and added.
void FillBatch(const SpooledBatch& batch, std::unordered_map<SeriesName, uint32_t>& refs,
               v1::Batch& out);

}  // namespace forewarn
