#include "store/sealed_times.h"

#include <algorithm>
#include <utility>

namespace forewarn {

void SealedTimes::Add(Timestamp first, Timestamp last) {
  if (chunks_.size() <= kChunksMax) chunks_.push_back({first, last});
  last_ = std::max(last_, last);
}

bool SealedTimes::IsCrowded(Timestamp at) const {
  if (at > last_) return false;
  if (chunks_.size() > kChunksMax) return true;
  return std::count_if(chunks_.begin(), chunks_.end(), [at](const Chunk& chunk) {
           return chunk.first <= at && at <= chunk.last;
         }) > kOverlapMax;
}

StatusOr<bool> SealedTimes::Contains(Timestamp at, const Read& read) {
  if (at > last_) return false;
  for (const Chunk& chunk : chunks_) {
    if (at == chunk.first || at == chunk.last) return true;
  }
  for (const Chunk& chunk : chunks_) {
    if (at < chunk.first || at > chunk.last) continue;
    if (read_ != chunk.first) {
      FW_ASSIGN_OR_RETURN(times_, read(chunk.first));
      read_ = chunk.first;
    }
    if (std::binary_search(times_.begin(), times_.end(), at)) return true;
  }
  return false;
}

size_t SealedTimes::memory_bytes() const {
  return chunks_.capacity() * sizeof(Chunk) + times_.capacity() * sizeof(Timestamp);
}

}  // namespace forewarn
