#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"

namespace forewarn {

// BlockArena gives out blocks of 32 bytes by number, and takes chains of them back. There is one
// size, so what one series gives back fits any other, and nothing is ever moved: memory that was
// taken from the system is kept. One for a head; not thread-safe.
class BlockArena {
 public:
  using Number = uint32_t;  // 0 is no block
  static constexpr size_t kPayload = 28;

  struct Block {
    Number next;
    char bytes[kPayload];
  };

  Block& at(Number number) { return pages_[number >> kPageBits][number & kPageMask]; }
  const Block& at(Number number) const { return pages_[number >> kPageBits][number & kPageMask]; }

  // A block whose `next` is 0.
  Number Take() {
    if (free_ != 0) {
      Number taken = free_;
      free_ = at(taken).next;
      at(taken).next = 0;
      --free_count_;
      return taken;
    }
    if (used_ == pages_.size() << kPageBits) {
      FW_CHECK(pages_.size() < size_t{1} << (32 - kPageBits));
      pages_.push_back(std::make_unique<Block[]>(size_t{1} << kPageBits));
      if (used_ == 0) used_ = 1;
    }
    return static_cast<Number>(used_++);
  }
  // Takes back the chain of `count` blocks from `first` to `last`.
  void Return(Number first, Number last, size_t count) {
    at(last).next = free_;
    free_ = first;
    free_count_ += count;
  }

  size_t memory_bytes() const { return pages_.size() << kPageBits << 5; }
  size_t blocks_in_use() const { return used_ == 0 ? 0 : used_ - 1 - free_count_; }

 private:
  static_assert(sizeof(Block) == 32);
  static constexpr int kPageBits = 12;
  static constexpr Number kPageMask = (1 << kPageBits) - 1;

  std::vector<std::unique_ptr<Block[]>> pages_;
  size_t used_ = 0;  // blocks ever given out, and number 0
  Number free_ = 0;
  size_t free_count_ = 0;
};

// The bytes of one open chunk in such blocks. A value of 12 bytes that needs its arena for
// everything; whoever holds it gives its blocks back.
struct BlockChain {
  BlockArena::Number first = 0;
  BlockArena::Number last = 0;
  uint8_t used = 0;  // bytes of the last block
  uint8_t blocks = 0;
  uint16_t items = 0;  // as its holder counts them

  size_t size() const { return blocks == 0 ? 0 : (blocks - 1) * BlockArena::kPayload + used; }

  void Append(BlockArena& arena, const char* bytes, size_t size) {
    while (size > 0) {
      if (blocks == 0 || used == BlockArena::kPayload) Grow(arena);
      size_t part = std::min(size, BlockArena::kPayload - used);
      std::memcpy(arena.at(last).bytes + used, bytes, part);
      used = static_cast<uint8_t>(used + part);
      bytes += part;
      size -= part;
    }
  }
  // Copies all of it to `to`, which has room for size() bytes.
  void CopyTo(const BlockArena& arena, char* to) const {
    for (BlockArena::Number at = first; at != 0; at = arena.at(at).next) {
      size_t part = at == last ? used : BlockArena::kPayload;
      std::memcpy(to, arena.at(at).bytes, part);
      to += part;
    }
  }
  void Clear(BlockArena& arena) {
    if (blocks > 0) arena.Return(first, last, blocks);
    *this = {};
  }

 private:
  void Grow(BlockArena& arena) {
    FW_CHECK(blocks < UINT8_MAX);
    BlockArena::Number next = arena.Take();
    if (blocks == 0) {
      first = next;
    } else {
      arena.at(last).next = next;
    }
    last = next;
    used = 0;
    ++blocks;
  }
};

}  // namespace forewarn
