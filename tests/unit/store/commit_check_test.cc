#include "store/commit_check.h"

#include <gtest/gtest.h>

#include "model/ids.h"

namespace forewarn {
namespace {

Commit Make(uint32_t partition, uint64_t sequence) {
  Commit commit;
  commit.partition = partition;
  commit.sequence = sequence;
  return commit;
}

Status Check(const std::vector<Commit>& commits) {
  return CheckCommits(commits, [](uint32_t partition) -> uint64_t { return partition * 10; });
}

TEST(CheckCommits, TakesSequencesThatFollowEachOther) {
  EXPECT_TRUE(Check({}).ok());
  EXPECT_TRUE(Check({Make(1, 11), Make(2, 21), Make(1, 12)}).ok());
}

TEST(CheckCommits, RefusesAHoleAndARepetition) {
  EXPECT_EQ(Check({Make(1, 12)}).code(), Code::kInternal);
  EXPECT_EQ(Check({Make(1, 10)}).code(), Code::kInternal);
  EXPECT_EQ(Check({Make(1, 11), Make(1, 11)}).message(),
            "commit 11 of partition 1 comes after 11: a partition's sequences follow each other "
            "without a hole");
}

TEST(CheckCommits, PassesOverEmptyCommits) {
  Commit empty = Make(1, 77);
  empty.empty = true;
  EXPECT_TRUE(Check({empty, Make(1, 11)}).ok());
}

TEST(CheckCommits, RefusesAPartitionThatDoesNotExist) {
  EXPECT_EQ(Check({Make(kControlPartition + 1, 651)}).code(), Code::kInternal);
}

TEST(CheckCommits, RefusesAChunkThatCrossesADay) {
  Commit commit = Make(1, 11);
  commit.chunks.push_back({1, FromMillis(0), FromMillis(86'399'999), 2, "x"});
  EXPECT_TRUE(Check({commit}).ok());
  commit.chunks[0].last = FromMillis(86'400'000);
  EXPECT_EQ(Check({commit}).code(), Code::kInternal);
}

TEST(StoredDay, CountsDaysBefore1970Downwards) {
  EXPECT_EQ(StoredDayOf(FromMillis(0)), 0);
  EXPECT_EQ(StoredDayOf(FromMillis(-1)), -1);
  EXPECT_EQ(StoredDayOf(FromMillis(86'400'000)), 1);
}

}  // namespace
}  // namespace forewarn
