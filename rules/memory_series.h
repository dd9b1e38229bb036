#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"

namespace forewarn {

// Series in memory, as a unit test has them: what it gives comes up to an instant, and what rules record
// comes besides. Not thread-safe.
class MemorySeries : public SeriesSource {
 public:
  // Samples that come when Reveal reaches them. A series given again takes the place of the first. Not
  // for series that were written.
  void Give(SeriesData series);
  void Reveal(Timestamp until);

  // What rules record. kInvalidArgument where the series has a later sample, or another value at that time.
  Status Write(const Labels& labels, Sample sample);

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

 private:
  struct Series {
    std::vector<Sample> samples;
    std::vector<Sample> given;
    size_t revealed = 0;  // of `given`
  };

  std::map<Labels, Series> series_;
};

}  // namespace forewarn
