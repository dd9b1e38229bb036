#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "model/labels.h"
#include "model/series_source.h"
#include "store/store.h"

namespace forewarn {

// SeriesView is what a head said of some series at one moment: what only the head had of them, and
// what the store held of them then. It is read later, series by series, by another thread, while the
// head goes on: so a long answer holds up nobody, needs not be held whole, and is still of one moment.
// Immutable. The store outlives it.
class SeriesView {
 public:
  struct Item {
    SeriesId id = 0;
    Labels labels;
    bool is_stored = false;            // the store may have samples of it in the range
    std::vector<SealedChunk> pending;  // sealed, not durable yet
    std::vector<Sample> open;          // in the range
  };

  SeriesView(uint32_t partition, const Store& store, Timestamp from, Timestamp to,
             std::vector<Item> items);

  // Series that match and may have samples in the range, ordered by labels.
  size_t size() const { return items_.size(); }
  // The samples in the range; none when there are none.
  StatusOr<SeriesData> Read(size_t i) const;
  // All that have samples: what SeriesSource::Select() promises. `stop` is asked before each series;
  // true ends it with kCancelled. It may be empty.
  StatusOr<std::vector<SeriesData>> ReadAll(const SelectLimits& limits,
                                            const std::function<bool()>& stop) const;

 private:
  const uint32_t partition_;
  const Store& store_;
  const std::unique_ptr<const Store::ChunkView> chunks_;
  const Timestamp from_;
  const Timestamp to_;
  const std::vector<Item> items_;
};

// What a limit says that would be passed.
Status TooManySeries(const SelectLimits& limits);
Status TooManySamples(const SelectLimits& limits);

// Samples from several places, in order, each time once, those in [from, to].
std::vector<Sample> InRange(Timestamp from, Timestamp to, std::vector<Sample> samples);

}  // namespace forewarn
