#include "store/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

using RocksStoreTest = RocksFixture;

TEST_F(RocksStoreTest, CopiesItselfWhileRunning) {
  auto store = Open();
  Commit first = Make(1);
  first.state = {{StateKind::kAlert, "a", "1"}};
  ASSERT_TRUE(store->Commit({&first, 1}).ok());
  ASSERT_TRUE(store->Checkpoint(Dir("copy")).ok());
  Commit second = Make(2);
  ASSERT_TRUE(store->Commit({&second, 1}).ok());
  auto copy = Open("copy");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(*copy->LastSequence(0), 1u);
  EXPECT_EQ(*copy->GetState(0, StateKind::kAlert, "a"), "1");
  Status again = store->Checkpoint(Dir("copy"));
  EXPECT_EQ(again.code(), Code::kAlreadyExists);
  EXPECT_THAT(again.message(), HasSubstr(Dir("copy")));
}

TEST_F(RocksStoreTest, RemembersTheLatestEndOfAllThatOneWriteSealed) {
  std::vector<Commit> commits;
  for (int minutes : {5, 10, 7}) {
    commits.push_back(Make(commits.size() + 1));
    Timestamp end = kTimeZero + std::chrono::minutes(minutes);
    commits.back().chunks = {{1, end, end, 1, "x", 0}};
  }
  {
    auto store = Open();
    ASSERT_TRUE(store->Commit(commits).ok());
    EXPECT_EQ(*store->SealedUntil(0), kTimeZero + 10min);
  }
  EXPECT_EQ(*Open()->SealedUntil(0), kTimeZero + 10min);
}

}  // namespace
}  // namespace forewarn
