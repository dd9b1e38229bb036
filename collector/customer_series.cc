#include "collector/customer_series.h"

#include <optional>
#include <utility>

#include "model/ids.h"

namespace forewarn {

StatusOr<std::vector<SeriesData>> CustomerSeries::Select(const Matchers& matchers, Timestamp from,
                                                         Timestamp to,
                                                         const SelectLimits& limits) const {
  Matchers own = matchers;
  own.push_back(Matcher::Equal("customer", customer_));
  std::optional<StatusOr<std::vector<SeriesData>>> found;
  FW_RETURN_IF_ERROR(partitions_.AskAndWait(
      PartitionOf(customer_),
      [&](const Shard& shard) { found = shard.head().Select(own, from, to, limits); }, patience_));
  return *std::move(found);
}

}  // namespace forewarn
