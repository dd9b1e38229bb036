#include "probe/spool_gaps.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

TEST(SpoolGaps, OneGapOfAKindAndReasonGrowsInCountAndTime) {
  std::vector<Gap> gaps;
  EXPECT_EQ(AddGap(gaps, "samples", "expired", 3, kStart, kStart + 1s), 3u);
  EXPECT_EQ(AddGap(gaps, "samples", "expired", 2, kStart - 1s, kStart), 2u);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].count, 5u);
  EXPECT_EQ(gaps[0].from, kStart - 1s);
  EXPECT_EQ(gaps[0].to, kStart + 1s);
}

TEST(SpoolGaps, AnotherKindOrReasonIsAnotherGapAndNothingIsNone) {
  std::vector<Gap> gaps;
  SpoolCounts counts;
  counts.samples = 4;
  counts.events = 1;
  EXPECT_EQ(AddGaps(gaps, counts, "expired", kStart, kStart), 5u);
  EXPECT_EQ(AddGaps(gaps, counts, "corrupt", kStart, kStart), 5u);
  EXPECT_EQ(AddGaps(gaps, SpoolCounts{}, "refused", kStart, kStart), 0u);
  ASSERT_EQ(gaps.size(), 4u);
  EXPECT_EQ(gaps[0].kind, "samples");
  EXPECT_EQ(gaps[1].kind, "events");
  EXPECT_EQ(gaps[3].reason, "corrupt");
}

}  // namespace
}  // namespace forewarn
