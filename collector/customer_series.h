#pragma once

#include <string>

#include "collector/partitions.h"
#include "model/series_source.h"

namespace forewarn {

// One customer's series for queries, read through the customer's shard: a snapshot for each
// Select(). The customer is a matcher that the caller cannot take away. Safe to use from any thread
// but a shard's own.
class CustomerSeries : public SeriesSource {
 public:
  // `partitions` is a loan that outlives it.
  CustomerSeries(Partitions& partitions, std::string customer, Duration patience)
      : partitions_(partitions), customer_(std::move(customer)), patience_(patience) {}

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

 private:
  Partitions& partitions_;
  const std::string customer_;
  const Duration patience_;
};

}  // namespace forewarn
