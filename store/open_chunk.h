#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "model/commit.h"
#include "model/series_source.h"
#include "store/chunk_appender.h"

namespace forewarn {

// The open samples of one series in one window, encoded as they come. Samples that come late wait
// beside in order; what is sealed has all of them sorted, so that its bytes do not depend on the
// order of arrival. A value type; owned by its head; not thread-safe.
class OpenChunk {
 public:
  explicit OpenChunk(Timestamp window) : window_(window) {}

  Timestamp window() const { return window_; }  // its first instant
  size_t count() const { return appender_.count() + late_.size(); }
  // The journal sequence of the first sample. count() is not 0.
  uint64_t opened() const { return opened_; }

  // False, changing nothing, when there is a sample with this time already.
  bool Add(Timestamp at, double value, uint64_t sequence);

  // In time order.
  std::vector<Sample> Samples() const;
  // count() is not 0.
  SealedChunk Seal(SeriesId id) const;

  // The sorted times of what is sealed already in this window; nothing until somebody needed to
  // know.
  std::optional<std::vector<Timestamp>> sealed_times;

  size_t memory_bytes() const;

 private:
  Timestamp window_;
  uint64_t opened_ = 0;
  ChunkAppender appender_;
  std::vector<Sample> late_;  // by time; none later than the appender's last
};

}  // namespace forewarn
