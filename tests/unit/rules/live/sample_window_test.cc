#include "rules/live/sample_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace forewarn {
namespace {

Timestamp At(int64_t second) { return kTimeZero + second * 1s; }

TEST(SampleWindow, FindsTheLastSampleAtOrBeforeAnInstant) {
  SampleWindow window;
  EXPECT_EQ(window.At(At(100)), nullptr);
  window.Add({At(10), 1}, At(0));
  window.Add({At(20), 2}, At(0));
  EXPECT_EQ(window.At(At(9)), nullptr);
  EXPECT_EQ(window.At(At(10))->value, 1);
  EXPECT_EQ(window.At(At(19))->value, 1);
  EXPECT_EQ(window.At(At(1000))->value, 2);
}

TEST(SampleWindow, PutsLateSamplesInTheirPlace) {
  SampleWindow window;
  for (int second : {30, 10, 50, 20, 40}) window.Add({At(second), second * 1.0}, At(0));
  std::span<const Sample> all = window.Between(At(0), At(100));
  ASSERT_EQ(all.size(), 5U);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].at, At(10 * (static_cast<int>(i) + 1)));
  EXPECT_EQ(window.newest(), At(50));
}

TEST(SampleWindow, HasWhatIsBetweenTwoTimesThatBothCount) {
  SampleWindow window;
  for (int second = 0; second < 10; ++second) window.Add({At(second), 0}, At(0));
  EXPECT_EQ(window.Between(At(3), At(6)).size(), 4U);
  EXPECT_EQ(window.Between(At(9), At(20)).size(), 1U);
  EXPECT_TRUE(window.Between(At(10), At(20)).empty());
  EXPECT_TRUE(window.Between(At(-5), At(-1)).empty());
}

// Whatever comes in whatever order: what is needed is there, and what is not goes.
TEST(SampleWindow, HoldsWhatIsNeededAndNotMuchMore) {
  std::mt19937 random(815);
  SampleWindow window;
  std::set<Timestamp> model;
  for (int second = 0; second < 5000; ++second) {
    Timestamp at = At(second);
    if (random() % 5 == 0) at = at - (random() % 60) * 1s;
    const Timestamp needed = At(second - 100);
    if (!model.insert(at).second) continue;
    window.Add({at, ToSeconds(at)}, needed);
    const auto first = model.lower_bound(needed);
    ASSERT_EQ(window.Between(needed, At(10'000)).size(),
              static_cast<size_t>(std::distance(first, model.end())));
    const auto last = model.upper_bound(needed);
    const Sample* at_needed = window.At(needed);
    if (last != model.begin()) {
      ASSERT_NE(at_needed, nullptr);
      ASSERT_EQ(at_needed->at, *std::prev(last));
    }
    ASSERT_LT(window.size(), 160U);
  }
}

}  // namespace
}  // namespace forewarn
