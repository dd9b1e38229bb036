#pragma once

#include <cstdint>
#include <vector>

#include "model/series_source.h"

namespace forewarn {

// Another source, with a count of the series that it handed out. One thread at a time.
class CountingSource : public SeriesSource {
 public:
  // `source` is a loan that outlives it.
  explicit CountingSource(const SeriesSource& source) : source_(source) {}

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override {
    StatusOr<std::vector<SeriesData>> found = source_.Select(matchers, from, to, limits);
    if (found.ok()) series_ += found->size();
    return found;
  }

  uint64_t series() const { return series_; }

 private:
  const SeriesSource& source_;
  mutable uint64_t series_ = 0;
};

}  // namespace forewarn
