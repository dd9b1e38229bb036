#include "collector/rule_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/memory_store.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Timestamp kAt = FromMillis(1'767'225'600'000);

Labels Made(int value) {
  return {
      {"__name__", "made"}, {"customer", "acme"}, {"probe", "p"}, {"value", std::to_string(value)}};
}

TEST(RuleResults, SaysWhatIsNotKeptAndWhy) {
  MemoryStore store;
  Head head(1, store, {.commit_samples = 6, .max_series_per_probe = 8});
  ASSERT_TRUE(head.Load().ok());
  Commit commit;
  commit.partition = 1;
  commit.sequence = 1;
  RuleResults results(head, commit);
  std::vector<std::string> problems;
  for (int i = 0; i < 4; ++i) results.Write(Made(i), {kAt, 1});
  results.Report(problems);
  EXPECT_THAT(problems, IsEmpty());
  for (int i = 0; i < 7; ++i) results.Write(Made(i), {kAt + 1s, 1});
  results.Report(problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("more results for one entry than it can hold; 5")));
  EXPECT_EQ(commit.samples.size(), 6u);

  Commit next;
  next.partition = 1;
  next.sequence = 2;
  RuleResults others(head, next);
  for (int i = 2; i < 7; ++i) others.Write(Made(i), {kAt + 2s, 1});
  problems.clear();
  others.Report(problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("'made' was recorded under 3 new names")));
  EXPECT_EQ(next.samples.size(), 2u) << "those that have names go on";
}

TEST(RuleResults, TellsWhoseValueIsNotTheFirstOfItsTime) {
  MemoryStore store;
  Head head(1, store, {});
  ASSERT_TRUE(head.Load().ok());
  Commit commit;
  commit.partition = 1;
  commit.sequence = 1;
  RuleResults results(head, commit);
  EXPECT_TRUE(results.Write(Made(1), {kAt, 1}));
  EXPECT_TRUE(results.Write(Made(1), {kAt, 1}));
  EXPECT_FALSE(results.Write(Made(1), {kAt, 2}));
  EXPECT_TRUE(results.Write(Made(1), {kAt, StaleMarker()})) << "an end is no other value";
  EXPECT_TRUE(results.Write(Made(1), {kAt + 1s, 2}));
}

}  // namespace
}  // namespace forewarn
