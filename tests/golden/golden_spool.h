#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "probe/spool.h"

namespace forewarn {

// The life of what lies in tests/golden/spool_v1: rounds of every kind of content, on fixed times,
// of which some were acknowledged, some are under way, one was refused and some wait. It never
// changes; a new format gets a new folder beside it.
inline constexpr Timestamp kGoldenSpoolStart = FromMillis(1'767'225'600'000);  // 2026-01-01

// As short as it takes for several segments.
SpoolOptions GoldenSpoolOptions(const std::string& folder);
Status LiveGoldenSpool(Spool& spool);
// What is not acknowledged at the end of that, in order: what a probe that starts on it must send.
std::vector<SpooledBatch> GoldenBatches();

// All there is in a batch, one thing a line, values bit by bit.
std::string Describe(const SpooledBatch& batch);

}  // namespace forewarn
