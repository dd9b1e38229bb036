#pragma once

#include <string_view>

#include "base/status.h"
#include "collector/doors/batch_builder.h"

namespace forewarn {

// Reads a request of Prometheus' remote write 1.0, decompressed already. Stale markers are samples
// like any other: the bits of a value are kept as they are. Samples that break a rule are counted in
// `out`, native histograms too. kInvalidArgument when the bytes are not such a request at all, and
// kResourceExhausted when it has too many parts (bounded_parse.h); `out` is then of no use.
Status ReadRemoteWrite(std::string_view body, BatchBuilder& out);

}  // namespace forewarn
