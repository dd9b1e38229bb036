#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "collector/partitions.h"
#include "model/series_source.h"

namespace forewarn {

// One customer's series for queries: for each Select() the customer's shard says what it has, which
// takes it little time, and the rest is read on the caller's thread, as of that moment. The customer
// is a matcher that the caller cannot take away. Safe to use from any thread but a shard's own.
class CustomerSeries : public SeriesSource {
 public:
  // `partitions` is a loan that outlives it.
  // `stop` is asked now and then; true ends a Select() with kCancelled. It may be empty.
  CustomerSeries(Partitions& partitions, std::string customer, Duration patience,
                 std::function<bool()> stop = nullptr)
      : partitions_(partitions),
        customer_(std::move(customer)),
        patience_(patience),
        stop_(std::move(stop)) {}

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

  // The same to be read by the caller, series by series.
  StatusOr<std::unique_ptr<const SeriesView>> Look(const Matchers& matchers, Timestamp from,
                                                   Timestamp to, const SelectLimits& limits) const;

 private:
  Partitions& partitions_;
  const std::string customer_;
  const Duration patience_;
  const std::function<bool()> stop_;
};

}  // namespace forewarn
