#include "store/kept_days.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr Kept kKind = Kept::kChunks;

KeptDays Days(int64_t others, const std::vector<std::pair<std::string, int64_t>>& own) {
  KeptDays kept({others, others, others});
  for (const auto& [customer, day] : own) kept.Add(customer, {day, day, day});
  return kept;
}

TEST(KeptDays, FindsEachCustomersDaysInItsPartition) {
  Store::Retention retention;
  retention.chunks_before = kTimeZero + 240h;
  retention.rollups_before = kTimeZero + 48h;
  retention.history_before = kTimeZero + 24h;
  retention.own["acme"] = {kTimeZero + 480h + 1h, kTimeZero, kTimeZero + 72h};
  EXPECT_EQ(KeptDays::OfAll(retention), (FirstDays{10, 0, 1}));
  std::vector<KeptDays> all = KeptDays::Of(retention);
  ASSERT_EQ(all.size(), kPartitions + 1);
  KeptDays& own = all[PartitionOf("acme")];
  EXPECT_EQ(own.owners()[own.Find("acme")].first, (FirstDays{20, 0, 3}));
  EXPECT_EQ(own.owners()[own.Find("other")].first, (FirstDays{10, 2, 1}));
  EXPECT_EQ(own.Latest(Kept::kChunks), 20);
  EXPECT_EQ(own.Latest(Kept::kRollups), 2);
  EXPECT_EQ(all[kControlPartition].Latest(Kept::kChunks), 10);
}

TEST(DaysLookedAt, BeginsWithAllDays) {
  DaysLookedAt looked;
  EXPECT_THAT(looked.Due(Days(5, {{"a", 9}, {"b", 7}}), kKind, 2), ElementsAre(Pair(2, 9)));
  EXPECT_THAT(looked.Due(Days(2, {}), kKind, 2), IsEmpty());
}

TEST(DaysLookedAt, LooksAtNoDayTwiceForTheSameCustomer) {
  DaysLookedAt looked;
  looked.Done(Days(5, {{"a", 9}, {"b", 7}}), kKind);
  EXPECT_THAT(looked.Due(Days(5, {{"a", 9}, {"b", 7}}), kKind, 2), IsEmpty());
  EXPECT_THAT(looked.Due(Days(6, {{"a", 10}, {"b", 8}}), kKind, 2),
              ElementsAre(Pair(5, 6), Pair(7, 8), Pair(9, 10)));
}

TEST(DaysLookedAt, KnowsWhatACustomerWasThatGetsOwnTimesOrLosesThem) {
  DaysLookedAt looked;
  looked.Done(Days(5, {{"a", 9}, {"b", 2}}), kKind);
  EXPECT_THAT(looked.Due(Days(5, {{"a", 9}, {"b", 2}, {"c", 8}}), kKind, 0),
              ElementsAre(Pair(5, 8)));
  EXPECT_THAT(looked.Due(Days(5, {}), kKind, 0), ElementsAre(Pair(2, 5)));
  looked.Done(Days(5, {}), kKind);
  EXPECT_THAT(looked.Due(Days(5, {}), kKind, 0), IsEmpty());
  EXPECT_THAT(looked.Due(Days(5, {{"a", 8}, {"b", 6}}), kKind, 0),
              ElementsAre(Pair(5, 6), Pair(5, 8)));
}

// What came for them meanwhile was kept.
TEST(DaysLookedAt, LooksAgainAtDaysThatWereKeptMeanwhile) {
  DaysLookedAt looked;
  looked.Done(Days(5, {{"a", 9}, {"b", 7}}), kKind);
  looked.Done(Days(5, {{"a", 3}, {"b", 7}}), kKind);
  EXPECT_THAT(looked.Due(Days(5, {{"a", 9}, {"b", 7}}), kKind, 0), ElementsAre(Pair(3, 9)));
  looked.Done(Days(2, {{"a", 3}, {"b", 7}}), kKind);
  EXPECT_THAT(looked.Due(Days(5, {{"a", 3}, {"b", 7}}), kKind, 0), ElementsAre(Pair(2, 5)));
}

TEST(DaysLookedAt, LeavesToOthersWhatIsOverForAll) {
  DaysLookedAt looked;
  looked.Done(Days(5, {{"a", 9}}), kKind);
  EXPECT_THAT(looked.Due(Days(8, {{"a", 12}}), kKind, 8), ElementsAre(Pair(9, 12)));
}

}  // namespace
}  // namespace forewarn
