#pragma once

#include <chrono>
#include <vector>

#include "model/commit.h"

namespace forewarn {

// What lies in tests/golden/store_v<format>: one commit of each kind of content, on fixed times. It
// never changes; a new format gets a new folder beside the others.
std::vector<Commit> GoldenCommits(int format);

// From format 3 on the days before are rolled up: in format 3 for all, in format 4 in partition 7.
// 2026-01-01T00:00:00Z.
inline constexpr Timestamp kGoldenRawFrom = FromMillis(1'767'225'600'000);

}  // namespace forewarn
