#pragma once

#include <algorithm>
#include <vector>

#include "base/time.h"
#include "store/open_chunk.h"

namespace forewarn {

// The open chunks of one series, one for each window in which it has open samples, in one cache
// line as long as there is only one. Chunks without samples may be among them: they remember what
// is sealed of their window. Owned by its head, in whose arena the chunks lie; not thread-safe.
class SeriesHead {
 public:
  // No sealed sample of the series is later; a bound, not the exact time.
  Timestamp sealed_until() const { return sealed_until_; }
  void SealedUntil(Timestamp bound) { sealed_until_ = bound; }

  // The chunk of this window, made when there is none. References to the others end.
  OpenChunk& Open(BlockArena& arena, Timestamp window);
  // The same, or null.
  OpenChunk* Find(Timestamp window);
  // The chunk that was opened last, if `wanted` takes it.
  template <typename Wanted>
  OpenChunk* FrontIf(const Wanted& wanted) {
    return wanted(open_) ? &open_ : nullptr;
  }

  // The windows of those that `wanted` takes, oldest first.
  template <typename Wanted>
  std::vector<Timestamp> Windows(const Wanted& wanted) const {
    std::vector<Timestamp> windows;
    ForEach([&](const OpenChunk& chunk) {
      if (wanted(chunk)) windows.push_back(chunk.window());
    });
    std::sort(windows.begin(), windows.end());
    return windows;
  }
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    visit(open_);
    if (open_.side() == nullptr) return;
    for (const OpenChunk& chunk : open_.side()->older) visit(chunk);
  }
  size_t side_bytes() const { return open_.side_bytes(); }

  // Forgets the chunk of this window, which exists.
  void Close(BlockArena& arena, Timestamp window);

 private:
  OpenChunk open_;
  Timestamp sealed_until_ = Timestamp::min();
};
static_assert(sizeof(SeriesHead) <= 64);

}  // namespace forewarn
