#include "store/memory_store.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

// What it shares with every store is in store_test.cc.

Commit First() {
  Commit commit;
  commit.sequence = 1;
  return commit;
}

TEST(MemoryStore, ForgetsACommitThatFailed) {
  MemoryStore store;
  store.FailNextCommit(Unavailable("the disk is gone"), false);
  Commit commit = First();
  EXPECT_EQ(store.Commit({&commit, 1}), Unavailable("the disk is gone"));
  EXPECT_EQ(*store.LastSequence(0), 0u);
  EXPECT_TRUE(store.Commit({&commit, 1}).ok());
}

TEST(MemoryStore, KeepsACommitWhoseAnswerWasLost) {
  MemoryStore store;
  store.FailNextCommit(Unavailable("the machine died"), true);
  Commit commit = First();
  EXPECT_FALSE(store.Commit({&commit, 1}).ok());
  EXPECT_EQ(*store.LastSequence(0), 1u);
}

}  // namespace
}  // namespace forewarn
