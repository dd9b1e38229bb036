#include "collector/doors/delta_sums.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

using Result = DeltaSums::Result;

const Fingerprint kA = Fingerprint::Of("a");
const Fingerprint kB = Fingerprint::Of("b");

TEST(DeltaSums, AddUpWhatComesAsDifferences) {
  DeltaSums sums;
  EXPECT_EQ(sums.Add(kA, 1000, 3).sum, 3);
  EXPECT_EQ(sums.Add(kA, 2000, 2).sum, 5);
  EXPECT_EQ(sums.Add(kB, 2000, 7).sum, 7);
}

TEST(DeltaSums, KnowWhatIsRepeated) {
  DeltaSums sums;
  sums.Add(kA, 1000, 3);
  EXPECT_EQ(sums.Add(kA, 1000, 3).result, Result::kRepeated);
  EXPECT_EQ(sums.Add(kA, 999, 3).result, Result::kRepeated);
  EXPECT_EQ(sums.Add(kA, 2000, 1).sum, 4);
}

TEST(DeltaSums, TakeBackWhatCouldNotBeStored) {
  DeltaSums sums;
  sums.Add(kA, 1000, 3);
  DeltaSums::Added second = sums.Add(kA, 2000, 2).added;
  sums.TakeBack(second);
  EXPECT_EQ(sums.Add(kA, 2000, 2).result, Result::kAdded);
  DeltaSums::Outcome third = sums.Add(kA, 3000, 1);
  EXPECT_EQ(third.sum, 6);
  sums.TakeBack(second);  // something came after it
  EXPECT_EQ(sums.Add(kA, 4000, 1).sum, 7);
}

TEST(DeltaSums, AreBounded) {
  DeltaSums sums(1);
  EXPECT_EQ(sums.Add(kA, 1000, 3).result, Result::kAdded);
  EXPECT_EQ(sums.Add(kB, 1000, 3).result, Result::kNoRoom);
  EXPECT_EQ(sums.Add(kA, 2000, 3).result, Result::kAdded);
}

}  // namespace
}  // namespace forewarn
