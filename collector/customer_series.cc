#include "collector/customer_series.h"

#include <memory>
#include <utility>

#include "model/ids.h"

namespace forewarn {

StatusOr<std::vector<SeriesData>> CustomerSeries::Select(const Matchers& matchers, Timestamp from,
                                                         Timestamp to,
                                                         const SelectLimits& limits) const {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<const SeriesView> view, Look(matchers, from, to, limits));
  return view->ReadAll(limits, stop_);
}

StatusOr<std::unique_ptr<const SeriesView>> CustomerSeries::Look(const Matchers& matchers,
                                                                 Timestamp from, Timestamp to,
                                                                 const SelectLimits& limits) const {
  Matchers own = matchers;
  own.push_back(Matcher::Equal("customer", customer_));
  StatusOr<std::unique_ptr<const SeriesView>> view =
      Cancelled("reading was ended by who asked for it");
  FW_RETURN_IF_ERROR(partitions_.AskAndWait(
      PartitionOf(customer_),
      [&](const Shard& shard) {
        if (!stop_ || !stop_()) view = shard.head().Look(own, from, to, limits);
      },
      patience_));
  return view;
}

}  // namespace forewarn
