#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace forewarn {

// A hash table of small numbers that stand for things kept elsewhere: 8 bytes a
// slot, no allocation a thing. Whoever asks brings the thing's hash and says
// which numbers mean it. Nothing is ever removed. Not thread-safe.
class IdTable {
 public:
  // The number of the thing, or 0: `is_it(id)` tells for a number whose hash is
  // the same.
  template <typename IsIt>
  uint32_t Find(uint64_t hash, IsIt is_it) const {
    if (slots_.empty()) return 0;
    uint32_t short_hash = Shorten(hash);
    for (size_t at = short_hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.id == 0) return 0;
      if (slot.hash == short_hash && is_it(slot.id)) return slot.id;
    }
  }

  // `id` is not 0, and the thing is not here yet.
  void Insert(uint64_t hash, uint32_t id) {
    if ((size_ + 1) * 4 > slots_.size() * 3) Grow();
    ++size_;
    Put({Shorten(hash), id});
  }

  size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t id = 0;
  };

  static uint32_t Shorten(uint64_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32)); }
  size_t mask() const { return slots_.size() - 1; }

  void Put(Slot slot) {
    size_t at = slot.hash & mask();
    while (slots_[at].id != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void Grow() {
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? 16 : old.size() * 2);
    for (const Slot& slot : old) {
      if (slot.id != 0) Put(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most three quarters taken
  size_t size_ = 0;
};

}  // namespace forewarn
