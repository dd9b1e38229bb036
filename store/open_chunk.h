#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/commit.h"
#include "model/series_source.h"
#include "store/block_chain.h"
#include "store/sealed_times.h"

namespace forewarn {

// The open samples of one series in one window, encoded as they come: constant work and about two
// bytes a sample, one cache line and the last block touched. Samples that come late wait beside in
// order; what is sealed has all of them sorted, so that its bytes do not depend on the order of
// arrival. It lies in the arena of its head and says so to every call that needs it: Clear() it
// before it goes. Movable; not thread-safe.
class OpenChunk {
 public:
  OpenChunk() = default;
  explicit OpenChunk(Timestamp window) : window_(window) {}

  Timestamp window() const { return window_; }  // its first instant
  size_t count() const { return in_order() + (side_ == nullptr ? 0 : side_->late.size()); }
  // What it takes, late samples included.
  size_t bytes() const {
    return chain_.size() + (side_ == nullptr ? 0 : side_->late.size() * sizeof(Sample));
  }
  // The journal sequence of the first sample. count() is not 0.
  uint64_t opened() const { return opened_; }

  // False, changing nothing, when there is a sample with this time already. `at` is less than a day
  // after window().
  bool Add(BlockArena& arena, Timestamp at, double value, uint64_t sequence);

  // In time order.
  std::vector<Sample> Samples(const BlockArena& arena) const;
  // The last sample in time order. count() is not 0.
  Sample Last(const BlockArena& arena) const;
  // count() is not 0.
  SealedChunk Seal(const BlockArena& arena, SeriesId id) const;
  // Forgets everything; it is then a new one for `window`.
  void Clear(BlockArena& arena, Timestamp window);

  // What few chunks have.
  struct Side {
    std::vector<Sample> late;  // by time; none later than the last in order
    // What is sealed already in this window; nothing until somebody needed to know.
    std::optional<SealedTimes> sealed;
    std::vector<OpenChunk> older;  // its series' chunks of other windows; see SeriesHead
  };
  const Side* side() const { return side_.get(); }
  Side& MakeSide();

  size_t side_bytes() const;  // beyond the arena

 private:
  friend class OpenChunkReader;

  size_t in_order() const { return chain_.items; }
  void Append(BlockArena& arena, uint32_t offset, double value);
  void EndRun(BlockArena& arena);
  void Escape(BlockArena& arena, double value, uint64_t turn);

  Timestamp window_;
  uint64_t opened_ = 0;
  std::unique_ptr<Side> side_;
  uint64_t value_ = 0;    // the last one in order: its integer, or its bits
  BlockChain chain_;      // its items are the samples in order
  uint8_t exponent_ = 0;  // of value_; kBits: it is bits
  uint16_t run_ = 0;      // the last samples, which are not in the chain yet
  uint32_t last_ = 0;     // ms from window_
  uint32_t distance_ = 0;
};
static_assert(sizeof(OpenChunk) <= 56);

}  // namespace forewarn
