#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/partitions.h"
#include "model/labels.h"
#include "model/series_source.h"

namespace forewarn {

// The series that somebody may read: those of one customer, or all there are. What a partition has is
// asked of its shard, which takes it little time; samples are read on the caller's thread, as of that
// moment, partition by partition. The customer is a matcher that the caller cannot take away. Safe to
// use from any thread but a shard's own.
class ScopedSeries : public SeriesSource {
 public:
  // `partitions` is a loan that outlives it. An empty `customer` is everybody. `stop` is asked now and
  // then; true ends a call with kCancelled. It may be empty. A shard that does not answer within
  // `patience` is kUnavailable.
  ScopedSeries(Partitions& partitions, std::string customer, Duration patience,
               std::function<bool()> stop = nullptr)
      : partitions_(partitions),
        customer_(std::move(customer)),
        patience_(patience),
        stop_(std::move(stop)) {}

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

  // One customer's series that match, to be read by the caller, series by series.
  StatusOr<std::unique_ptr<const SeriesView>> Look(const Matchers& matchers, Timestamp from,
                                                   Timestamp to, const SelectLimits& limits) const;

  // The series that match and may have samples in [from, to], in order.
  StatusOr<std::vector<Labels>> Series(const Matchers& matchers, Timestamp from, Timestamp to,
                                       const SelectLimits& limits) const;

  // The names of labels, and the values of one, of all series that match, whenever they had samples.
  // Here no matcher is every series.
  StatusOr<std::set<std::string>> LabelNames(const Matchers& matchers) const;
  StatusOr<std::set<std::string>> LabelValues(std::string_view name,
                                              const Matchers& matchers) const;

 private:
  // The caller's matchers with ours.
  Matchers Scoped(const Matchers& matchers) const;
  // Asks each partition that may have such series, on its shard's thread; what it returns is handed to
  // `use` on the caller's.
  template <typename Ask, typename Use>
  Status ForEach(const Ask& ask, const Use& use) const;

  Partitions& partitions_;
  const std::string customer_;
  const Duration patience_;
  const std::function<bool()> stop_;
};

}  // namespace forewarn
