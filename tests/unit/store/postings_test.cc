#include "store/postings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/rng.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Postings, NeighboursAreOneRun) {
  Postings set;
  for (SeriesId id : {3u, 4u, 5u, 9u}) set.Append(id);
  EXPECT_EQ(set.size(), 4u);
  EXPECT_THAT(set.runs(), ElementsAre(Postings::Run{3, 5}, Postings::Run{9, 9}));
  EXPECT_THAT(set.Ids(), ElementsAre(3, 4, 5, 9));
  EXPECT_TRUE(Postings().empty());
  EXPECT_THAT(Postings::Range(1, 0).runs(), IsEmpty());
  EXPECT_EQ(Postings::Range(1, 1'000'000).runs().size(), 1u);
}

TEST(Postings, HoldTheHighestNumberThereIs) {
  Postings set = Postings::Range(0xfffffffe, 0xffffffff);
  EXPECT_THAT(set.Ids(), ElementsAre(0xfffffffe, 0xffffffff));
  EXPECT_THAT(Union({&set, &set}).Ids(), ElementsAre(0xfffffffe, 0xffffffff));
}

std::set<SeriesId> Draw(Rng& rng) {
  std::set<SeriesId> ids;
  for (uint64_t run = rng.Below(8); run > 0; --run) {
    SeriesId first = static_cast<SeriesId>(rng.Below(60)) + 1;
    for (uint64_t n = rng.Below(6) + 1; n > 0; --n) ids.insert(first++);
  }
  return ids;
}

Postings Of(const std::set<SeriesId>& ids) {
  return Postings(std::vector<SeriesId>(ids.begin(), ids.end()));
}

TEST(Postings, AreSetsWhateverTheRuns) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::set<SeriesId> a = Draw(rng), b = Draw(rng), c = Draw(rng);
    std::vector<SeriesId> both, rest, all;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    std::set<SeriesId> joined = a;
    joined.insert(b.begin(), b.end());
    joined.insert(c.begin(), c.end());
    Postings pa = Of(a), pb = Of(b), pc = Of(c);
    EXPECT_EQ(Intersect(pa, pb).Ids(), both);
    EXPECT_EQ(Subtract(pa, pb).Ids(), rest);
    Postings united = Union({&pa, &pb, &pc});
    EXPECT_EQ(united.Ids(), std::vector<SeriesId>(joined.begin(), joined.end()));
    EXPECT_EQ(united.runs(), Of(joined).runs()) << "the same set has the same runs";
    EXPECT_EQ(Subtract(pa, pb).size(), rest.size());
  }
}

}  // namespace
}  // namespace forewarn
