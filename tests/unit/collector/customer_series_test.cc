#include "collector/customer_series.h"

#include <gtest/gtest.h>

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

TEST(CustomerSeries, ShowsOneCustomerNothingOfItsNeighbours) {
  MemoryStore store;
  ManualClock clock(kTestStart);
  Partitions partitions(
      store, clock, PartitionsOptions{},
      Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {}, [](const Status&) {}});
  ASSERT_TRUE(partitions.Recover([](size_t, size_t) {}).ok());
  partitions.Start();
  std::string neighbour = NeighbourOf("acme");
  ProbeIdentity other{neighbour, "main", "00000000-0000-4000-8000-000000000002"};
  for (Entry entry : {TestBatch(1, kTestStart, 1), TestBatch(1, kTestStart, 2, other)}) {
    Submission submission{std::move(entry), nullptr};
    ASSERT_TRUE(partitions.Submit(submission));
  }
  for (const std::string& customer : {std::string("acme"), neighbour}) {
    // Also when it asks for the other by name.
    for (const char* pattern : {".*", ".+"}) {
      CustomerSeries series(partitions, customer, 1min);
      StatusOr<Matcher> any = Matcher::Make(Matcher::Kind::kRegex, "customer", pattern);
      ASSERT_TRUE(any.ok());
      StatusOr<std::vector<SeriesData>> found{std::vector<SeriesData>{}};
      do {  // until the batch has been folded; the ctest time-out is the bound
        found = series.Select({*any}, kTimeZero, kTestStart + 1h, {});
        ASSERT_TRUE(found.ok());
      } while (found->empty());
      ASSERT_EQ(found->size(), 1u);
      EXPECT_EQ(found->front().labels.Get("customer"), customer);
    }
  }
}

}  // namespace
}  // namespace forewarn
