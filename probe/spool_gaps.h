#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/telemetry.h"
#include "probe/spool_format.h"

namespace forewarn {

// The accounting of what was lost: one Gap for each kind and reason, which grows.

// Adds to the gap of that kind and reason, or begins one. A count of 0 changes nothing. Returns
// `count`.
uint64_t AddGap(std::vector<Gap>& gaps, std::string_view kind, std::string_view reason,
                uint64_t count, Timestamp from, Timestamp to);

// All kinds at once. Returns how many items that are.
uint64_t AddGaps(std::vector<Gap>& gaps, const SpoolCounts& counts, std::string_view reason,
                 Timestamp from, Timestamp to);

}  // namespace forewarn
