#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/time.h"
#include "model/series_source.h"

namespace forewarn {

// The newest samples of one series, in time order, as far back as somebody needs them. A value; not
// thread-safe.
class SampleWindow {
 public:
  // Takes a sample whose time is not there yet, late ones too. Nobody will ask for what is before `needed`,
  // but for the last sample at or before it.
  void Add(Sample sample, Timestamp needed);
  // Has these from now on, in time order.
  void Fill(std::vector<Sample> samples);
  void Clear() { samples_ = {}; }

  bool empty() const { return samples_.empty(); }
  size_t size() const { return samples_.size(); }
  // Of those that are there, which is not empty.
  Timestamp newest() const { return samples_.back().at; }

  // The last sample at or before `at`, or null.
  const Sample* At(Timestamp at) const;
  // Those in [from, to], stale markers included.
  std::span<const Sample> Between(Timestamp from, Timestamp to) const;

 private:
  void Forget(Timestamp needed);

  std::vector<Sample> samples_;
};

}  // namespace forewarn
