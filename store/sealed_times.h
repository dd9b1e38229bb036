#pragma once

#include <functional>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// SealedTimes tells which times of one window of one series are sealed. It knows where the chunks
// begin and end, looks into one only for a time that lies between, and remembers the last one that
// it looked into: so it is small however much is sealed, and whoever goes on behind the last chunk
// reads nothing. Not thread-safe.
class SealedTimes {
 public:
  static constexpr int kOverlapMax = 8;
  static constexpr size_t kChunksMax = 4096;  // more are not remembered

  // A chunk with a sample at `first`, one at `last`, and others between. No two begin alike.
  void Add(Timestamp first, Timestamp last);

  // Whether telling costs more than a sample is worth: its time lies in more than kOverlapMax chunks, or behind
  // one of more than kChunksMax. Only samples that come in no order for hours get there.
  bool IsCrowded(Timestamp at) const;

  // The times of the samples of the chunk that begins at `first`, sorted; none when it is gone.
  using Read = std::function<StatusOr<std::vector<Timestamp>>(Timestamp first)>;
  // Fails as `read` does.
  StatusOr<bool> Contains(Timestamp at, const Read& read);

  size_t memory_bytes() const;

 private:
  struct Chunk {
    Timestamp first;
    Timestamp last;
  };

  std::vector<Chunk> chunks_;
  Timestamp last_ = Timestamp::min();  // of all
  Timestamp read_ = Timestamp::min();  // the chunk whose times these are
  std::vector<Timestamp> times_;
};

}  // namespace forewarn
