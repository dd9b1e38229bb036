#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "model/series_source.h"

namespace forewarn {

// A source whose series have numbers, so that who has found them once need not look for them again. What it
// says is what Select() would say of the same series.
class NumberedSource : public SeriesSource {
 public:
  // The series that match every matcher, with samples or without, by number. No matcher is no series. Fails where
  // Select() does for what it would take to find them.
  virtual StatusOr<std::vector<SeriesId>> Match(const Matchers& matchers) const = 0;
  // The labels of a series that there is.
  virtual Labels LabelsOf(SeriesId id) const = 0;
  // These numbers, each once, in the order of their labels.
  virtual std::vector<SeriesId> InOrder(std::span<const SeriesId> ids) const = 0;
  // The samples of a series in [from, to], in time order, stale markers included.
  virtual StatusOr<std::vector<Sample>> Read(SeriesId id, Timestamp from, Timestamp to) const = 0;
};

// What an entry brought so far: its samples as the source took them in, results of rules included, and the
// series that it named first. A loan; both grow while rules record.
struct Applied {
  const AppliedSamples& samples;
  const std::vector<NewSeries>& series;
};

}  // namespace forewarn
