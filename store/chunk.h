#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"

namespace forewarn {

// A chunk is a run of one series' samples in few bytes: exact to the last bit of every value, NaNs
// and stale markers included. The grammar is at the top of chunk.cc.

inline constexpr uint32_t kChunkSamplesMax = 65'536;

// The smallest form the codec knows. `samples` is not empty, holds at most kChunkSamplesMax, and
// its times increase. The same samples give the same bytes.
std::string EncodeChunk(std::span<const Sample> samples);

// Appends the chunk's samples to `out`, in time order. kDataLoss for bytes that EncodeChunk cannot
// have written; `out` then holds what it held.
Status DecodeChunk(std::string_view bytes, std::vector<Sample>& out);

}  // namespace forewarn
