#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "probe/redact.h"
#include "probe/source.h"

namespace forewarn {

// What one round would send, as text for a person to read before anything leaves the host: the
// samples in Prometheus' text format, and behind them one comment line for each event, check, fact
// and change, and for each source that could not be read. Redacted and bounded as a round is; the
// probe's figures about itself (forewarn_probe_*) are not in it. The sources are read once and commit nothing.
// Waits until each check has run once, hence at most for the longest timeout.
std::string Preview(const std::vector<std::unique_ptr<Source>>& sources, const Redactor& redactor,
                    Timestamp at);

}  // namespace forewarn
