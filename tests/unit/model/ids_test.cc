#include "model/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace forewarn {
namespace {

TEST(Ids, SlugsAreShortAndLowerCase) {
  EXPECT_TRUE(IsSlug("acme-2"));
  EXPECT_TRUE(IsSlug(std::string(63, 'a')));
  for (const char* id : {"", "Acme", "a_b", "a b", "a/b", "ä", "a.b"})
    EXPECT_FALSE(IsSlug(id)) << id;
  EXPECT_FALSE(IsSlug(std::string(64, 'a')));
}

TEST(Ids, UuidsAreLowerCaseWithDashes) {
  EXPECT_TRUE(IsUuid("0123abcd-4567-4890-abcd-0123456789ef"));
  for (const char* id :
       {"", "0123ABCD-4567-4890-abcd-0123456789ef", "0123abcd-4567-4890-abcd-0123456789e",
        "0123abcd-4567-4890-abcd-0123456789ef0", "0123abcd04567-4890-abcd-0123456789ef",
        "0123abcg-4567-4890-abcd-0123456789ef"}) {
    EXPECT_FALSE(IsUuid(id)) << id;
  }
}

// Databases keep customers where this says; it may never change.
TEST(Ids, ACustomerStaysInItsPartitionForEver) {
  EXPECT_EQ(PartitionOf("acme"), 33u);
  EXPECT_EQ(PartitionOf("example-customer"), 38u);
  EXPECT_LT(PartitionOf("acme"), kPartitions);
}

TEST(Ids, CustomersSpreadOverThePartitions) {
  std::set<uint32_t> used;
  for (int i = 0; i < 1000; ++i) used.insert(PartitionOf("customer-" + std::to_string(i)));
  EXPECT_EQ(used.size(), kPartitions);
}

}  // namespace
}  // namespace forewarn
