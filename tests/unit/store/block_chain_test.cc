#include "store/block_chain.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

std::string Content(const BlockChain& chain, const BlockArena& arena) {
  std::string bytes(chain.size(), '\0');
  chain.CopyTo(arena, bytes.data());
  return bytes;
}

TEST(BlockChain, GivesBackWhatWasAppendedInAnyPieces) {
  BlockArena arena;
  BlockChain chain;
  std::string written;
  for (size_t size = 0; size < 60; ++size) {
    std::string piece(size, static_cast<char>('a' + size % 26));
    chain.Append(arena, piece.data(), piece.size());
    written += piece;
    ASSERT_EQ(Content(chain, arena), written);
  }
}

TEST(BlockChain, UsesAgainWhatAnotherGaveBack) {
  BlockArena arena;
  size_t taken = 0;
  for (int round = 0; round < 100; ++round) {
    BlockChain a, b;
    for (int i = 0; i < 1000; ++i) (i % 3 == 0 ? a : b).Append(arena, "12345", 5);
    EXPECT_EQ(arena.blocks_in_use(), size_t{a.blocks} + b.blocks);
    if (round == 0) taken = arena.memory_bytes();
    a.Clear(arena);
    b.Clear(arena);
    EXPECT_EQ(arena.blocks_in_use(), 0u);
    EXPECT_EQ(a.size(), 0u);
  }
  EXPECT_EQ(arena.memory_bytes(), taken);
}

}  // namespace
}  // namespace forewarn
