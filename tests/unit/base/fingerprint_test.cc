#include "base/fingerprint.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

// Stored in databases and compared across machines: these values may never change.
TEST(Fingerprint, NeverChanges) {
  EXPECT_EQ(Fingerprint::Of("").ToString(), "2d06800538d394c2");
  EXPECT_EQ(Fingerprint::Of("a").ToString(), "e6c632b61e964e1f");
  EXPECT_EQ(Fingerprint::Of("abc").ToString(), "78af5f94892f3950");
  EXPECT_EQ(Fingerprint::Of("acme").Add("disk").Add("").ToString(), "11752c99bf90070c");
  EXPECT_EQ(Fingerprint::Of(std::string(1000, 'x')).ToString(), "c0a4877b962cba82");
}

TEST(Fingerprint, OrderAndBordersCount) {
  Fingerprint none;
  EXPECT_NE(none.Add("ab").Add("c"), none.Add("a").Add("bc"));
  EXPECT_NE(none.Add("a").Add("b"), none.Add("b").Add("a"));
  EXPECT_NE(none.Add("a"), none.Add("a").Add(""));
}

TEST(Fingerprint, IsPaddedTo16Digits) {
  EXPECT_EQ(Fingerprint(0xab).ToString(), "00000000000000ab");
}

}  // namespace
}  // namespace forewarn
