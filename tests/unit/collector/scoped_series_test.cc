#include "collector/scoped_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "store/memory_store.h"
#include "tests/unit/collector/fold_samples.h"

namespace forewarn {
namespace {

// Another customer whose home is the same partition.
std::string NeighbourOf(const std::string& customer) {
  for (int i = 0;; ++i) {
    std::string name = "neighbour-" + std::to_string(i);
    if (PartitionOf(name) == PartitionOf(customer)) return name;
  }
}

// `load` of acme, of a neighbour in its partition, and of somebody elsewhere.
class ScopedSeriesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(partitions_.Recover([](size_t, size_t) {}).ok());
    partitions_.Start();
    for (const std::string& customer : {std::string("acme"), neighbour_, std::string("zeta")}) {
      std::promise<Status> done;
      const ProbeIdentity probe{customer, "main", customer + "-probe"};
      Submission submission{
          TestBatch(1, kTestStart, 1, probe),
          [&](const Status& outcome, const std::string&) { done.set_value(outcome); }};
      ASSERT_TRUE(partitions_.Submit(submission));
      ASSERT_TRUE(done.get_future().get().ok());
    }
  }
  ScopedSeries Of(const std::string& customer) { return ScopedSeries(partitions_, customer, 1min); }

  MemoryStore store_;
  ManualClock clock_{kTestStart};
  Partitions partitions_{
      store_, clock_, PartitionsOptions{},
      Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {}, [](const Status&) {}}};
  const std::string neighbour_ = NeighbourOf("acme");
  const Matchers load_ = {Matcher::Equal("__name__", "load")};
};

TEST_F(ScopedSeriesTest, ShowsOneCustomerNothingOfItsNeighbours) {
  for (const std::string& customer : {std::string("acme"), neighbour_}) {
    // Also when it asks for the other by name.
    for (const char* pattern : {".*", ".+"}) {
      ScopedSeries series = Of(customer);
      StatusOr<Matcher> any = Matcher::Make(Matcher::Kind::kRegex, "customer", pattern);
      ASSERT_TRUE(any.ok());
      StatusOr<std::vector<SeriesData>> found =
          series.Select({*any}, kTimeZero, kTestStart + 1h, {});
      ASSERT_TRUE(found.ok());
      ASSERT_EQ(found->size(), 1u);
      EXPECT_EQ(found->front().labels.Get("customer"), customer);
    }
  }
}

TEST_F(ScopedSeriesTest, ShowsEverybodyInOrder) {
  StatusOr<std::vector<SeriesData>> found = Of("").Select(load_, kTimeZero, kTestStart + 1h, {});
  ASSERT_TRUE(found.ok());
  std::vector<std::string> customers;
  for (const SeriesData& series : *found) customers.emplace_back(series.labels.Get("customer"));
  EXPECT_THAT(customers, testing::ElementsAre("acme", neighbour_, "zeta"));
  EXPECT_EQ(Of("").Series(load_, kTimeZero, kTestStart + 1h, {})->size(), 3u);
  EXPECT_EQ(Of("acme").Series(load_, kTimeZero, kTestStart + 1h, {})->size(), 1u);
}

TEST_F(ScopedSeriesTest, CountsTheSeriesOfAllPartitionsAgainstOneLimit) {
  for (size_t limit : {1, 2}) {
    const SelectLimits limits{.max_series = limit};
    EXPECT_EQ(Of("").Select(load_, kTimeZero, kTestStart + 1h, limits).status().code(),
              Code::kResourceExhausted);
    EXPECT_EQ(Of("").Series(load_, kTimeZero, kTestStart + 1h, limits).status().code(),
              Code::kResourceExhausted);
  }
  const SelectLimits samples{.max_samples = 2};
  EXPECT_EQ(Of("").Select(load_, kTimeZero, kTestStart + 1h, samples).status().code(),
            Code::kResourceExhausted);
  EXPECT_TRUE(Of("").Select(load_, kTimeZero, kTestStart + 1h, {.max_series = 3}).ok());
}

TEST_F(ScopedSeriesTest, TellsLabelsOfWhoMayBeRead) {
  EXPECT_THAT(*Of("").LabelValues("customer", {}),
              testing::ElementsAre("acme", neighbour_, "zeta"));
  EXPECT_THAT(*Of("acme").LabelValues("customer", {}), testing::ElementsAre("acme"));
  EXPECT_THAT(*Of("acme").LabelNames({}),
              testing::ElementsAre("__name__", "customer", "installation", "probe"));
}

TEST_F(ScopedSeriesTest, EndsWhenToldTo) {
  ScopedSeries series(partitions_, "", 1min, [] { return true; });
  EXPECT_EQ(series.Select(load_, kTimeZero, kTestStart, {}).status().code(), Code::kCancelled);
  EXPECT_EQ(series.LabelNames({}).status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace forewarn
