#include "store/series_head.h"

#include <utility>

#include "base/check.h"

namespace forewarn {
namespace {

// Chunks that only remember what is sealed, beyond which the next one takes another's place.
constexpr size_t kIdleMax = 3;

bool IsBlank(const OpenChunk& chunk) {
  return chunk.count() == 0 && (chunk.side() == nullptr || !chunk.side()->sealed);
}

}  // namespace

OpenChunk* SeriesHead::Find(Timestamp window) {
  if (open_.window() == window) return &open_;
  if (open_.side() == nullptr) return nullptr;
  for (OpenChunk& chunk : open_.MakeSide().older) {
    if (chunk.window() == window) return &chunk;
  }
  return nullptr;
}

OpenChunk& SeriesHead::Open(BlockArena& arena, Timestamp window) {
  if (OpenChunk* found = Find(window)) return *found;
  if (IsBlank(open_)) {
    open_.Clear(arena, window);
    return open_;
  }
  std::vector<OpenChunk>& older = open_.MakeSide().older;
  if (older.size() >= kIdleMax) {
    auto idle = std::find_if(older.begin(), older.end(),
                             [](const OpenChunk& chunk) { return chunk.count() == 0; });
    if (idle != older.end()) {
      idle->Clear(arena, window);
      return *idle;
    }
  }
  if (window < open_.window()) return older.emplace_back(window);
  // What is written to most lies in front.
  std::vector<OpenChunk> others = std::move(older);
  older.clear();
  others.push_back(std::exchange(open_, OpenChunk(window)));
  open_.MakeSide().older = std::move(others);
  return open_;
}

void SeriesHead::Close(BlockArena& arena, Timestamp window) {
  if (open_.window() == window) {
    open_.Clear(arena, window);
    if (open_.side() == nullptr) return;
    // Another that has samples comes to the front; none: nothing is left beside it.
    std::vector<OpenChunk> older = std::move(open_.MakeSide().older);
    auto newest = std::max_element(
        older.begin(), older.end(),
        [](const OpenChunk& a, const OpenChunk& b) { return a.window() < b.window(); });
    open_ = std::move(*newest);
    older.erase(newest);
    if (!older.empty()) open_.MakeSide().older = std::move(older);
    return;
  }
  FW_CHECK(open_.side() != nullptr);
  std::vector<OpenChunk>& older = open_.MakeSide().older;
  auto found = std::find_if(older.begin(), older.end(),
                            [&](const OpenChunk& chunk) { return chunk.window() == window; });
  FW_CHECK(found != older.end());
  found->Clear(arena, window);
  older.erase(found);
}

}  // namespace forewarn
