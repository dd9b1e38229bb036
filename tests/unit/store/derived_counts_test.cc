#include "store/derived_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::IsEmpty;

Labels Of(const char* customer, const char* probe) {
  return {{"__name__", "made"}, {"customer", customer}, {"probe", probe}};
}

TEST(DerivedCounts, CountsOfProbesAndOfTheirCustomers) {
  DerivedCounts counts;
  counts.Add(Of("acme", "a"));
  counts.Add(Of("acme", "a"));
  counts.Add(Of("acme", "b"));
  counts.Add(Of("acme", ""));
  counts.Add(Of("umbrella", "c"));
  EXPECT_EQ(counts.OfProbe("a"), 2u);
  EXPECT_EQ(counts.OfProbe("d"), 0u);
  EXPECT_EQ(counts.OfProbe(""), 0u) << "nobody's";
  EXPECT_EQ(counts.OfCustomer("acme"), 4u);
  EXPECT_EQ(counts.OfCustomer("umbrella"), 1u);
}

TEST(DerivedCounts, ComesBackFromItsRecords) {
  DerivedCounts counts;
  counts.Add(Of("acme", "a"));
  counts.Add(Of("acme", ""));
  DerivedCounts other;
  for (const DerivedCounts::Record& record : counts.TakeChanges()) other.Restore(record);
  EXPECT_THAT(counts.TakeChanges(), IsEmpty());
  EXPECT_THAT(other.TakeChanges(), IsEmpty());
  EXPECT_EQ(other.OfProbe("a"), 1u);
  EXPECT_EQ(other.OfCustomer("acme"), 2u);
  other.Add(Of("acme", "a"));
  auto changes = other.TakeChanges();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].series, 2u);
  EXPECT_EQ(changes[0].id(), "derived/acme/a");
}

}  // namespace
}  // namespace forewarn
