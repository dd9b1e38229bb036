#pragma once

#include <vector>

#include "base/status.h"
#include "config/collector_settings.h"
#include "model/labels.h"

namespace forewarn::v1 {
class Batch;
}  // namespace forewarn::v1

namespace forewarn {

// Reads the labels of the series that a batch names at `index`, checks them against the protocol's rules and the
// limits, and adds `identity`, which is sorted: a label that the payload has under one of its names becomes
// exported_<name>, as in Prometheus. kInvalidArgument and kResourceExhausted name the field and the remedy.
StatusOr<Labels> ReadSeriesLabels(const v1::Batch& in, int index,
                                  const std::vector<Labels::Pair>& identity,
                                  const LimitSettings& limits);

}  // namespace forewarn
