#include "rules/live/watches.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

Timestamp At(int64_t second) { return kTimeZero + second * 1s; }
const Scope kScope = {"acme", "plant", "p1"};

class WatchesTest : public ::testing::Test {
 protected:
  static Labels Series(const std::string& name, const std::string& instance,
                       const std::string& probe = "p1") {
    return {{"__name__", name},
            {"instance", instance},
            {"customer", "acme"},
            {"installation", "plant"},
            {"probe", probe}};
  }
  static Matchers Named(const std::string& name) {
    return {Matcher::Equal(std::string(kMetricName), name)};
  }

  // One entry with these samples.
  void Hand(const std::vector<std::pair<Labels, Sample>>& samples) {
    for (const auto& [labels, sample] : samples) source_.Write(labels, sample);
    watches_.Begin(&applied_);
    watches_.End();
    source_.Begin();
  }

  Watch& Make(const Matchers& matchers, Duration keep, int64_t at, const Scope& scope = kScope) {
    scopes_.push_back(scope);
    matchers_.push_back(matchers);
    StatusOr<Watch*> made = watches_.Make(scopes_.back(), matchers_.back(), keep, At(at));
    EXPECT_TRUE(made.ok());
    EXPECT_NE(*made, nullptr);
    return **made;
  }

  // The rows as `instance=times`.
  std::vector<std::string> Rows(const Watch& watch) {
    std::vector<std::string> rows;
    for (size_t row = 0; row < watch.rows(); ++row) {
      std::string text = std::string(source_.LabelsOf(watch.id(row)).Get("instance")) + "=";
      for (const Sample& sample : watch.window(row).Between(At(-1000), At(1'000'000))) {
        text += std::to_string(sample.at.time_since_epoch() / 1s) + " ";
      }
      rows.push_back(text);
    }
    return rows;
  }

  std::deque<Scope> scopes_;  // lent to the watches
  std::deque<Matchers> matchers_;
  FakeSource source_;
  const Applied applied_{source_.taken, source_.named};
  Watches watches_{source_, 1000};
};

TEST_F(WatchesTest, AWatchBeginsWithWhatTheSourceHas) {
  Hand({{Series("x", "b"), {At(10), 1}},
        {Series("x", "a"), {At(20), 2}},
        {Series("y", "a"), {At(20), 3}}});
  Watch& watch = Make(Named("x"), 60s, 20);
  EXPECT_EQ(Rows(watch), (std::vector<std::string>{"a=20 ", "b=10 "}));
}

TEST_F(WatchesTest, SamplesAndNewSeriesComeWithTheirEntries) {
  Watch& watch = Make(Named("x"), 60s, 0);
  Watch& any =
      Make({*Matcher::Make(Matcher::Kind::kRegex, std::string(kMetricName), "x|y")}, 0s, 0);
  Watch& grid = Make(Named("x"), 60s, 0, {"acme", "plant", ""});
  Hand({{Series("x", "b"), {At(10), 1}}, {Series("x", "a"), {At(10), 2}}});
  Hand({{Series("y", "c"), {At(15), 1}}, {Series("x", "d", "p2"), {At(15), 1}}});
  Hand({{Series("x", "b"), {At(20), 1}},
        {Series("x", "b"), {At(12), 1}},
        {Series("x", "b"), {At(12), 7}}});
  for (Watch* each : {&watch, &any, &grid}) ASSERT_TRUE(watches_.Prepare(*each, At(20)).ok());
  EXPECT_EQ(Rows(watch), (std::vector<std::string>{"a=10 ", "b=10 12 20 "}));
  EXPECT_EQ(any.rows(), 3U);
  EXPECT_EQ(Rows(grid), (std::vector<std::string>{"a=10 ", "b=10 12 20 ", "d=15 "}));
  EXPECT_EQ(source_.reads, 0U);
}

TEST_F(WatchesTest, TheGenerationTellsOtherRowsFromOtherSamples) {
  Watch& watch = Make(Named("x"), 60s, 0);
  Hand({{Series("x", "a"), {At(10), 1}}});
  const uint64_t before = watch.generation();
  Hand({{Series("x", "a"), {At(20), 1}}});
  EXPECT_EQ(watch.generation(), before);
  Hand({{Series("x", "b"), {At(20), 1}}});
  EXPECT_NE(watch.generation(), before);
}

TEST_F(WatchesTest, WhatHasEndedCanBeForgottenAndComeBack) {
  Watch& watch = Make(Named("x"), 60s, 0);
  Hand({{Series("x", "a"), {At(10), 1}}, {Series("x", "b"), {At(10), 1}}});
  Hand({{Series("x", "a"), {At(1000), 1}}});
  ASSERT_TRUE(watches_.Prepare(watch, At(1000)).ok());
  watches_.ForgetEnded(watch);
  EXPECT_EQ(watch.rows(), 1U);
  Hand({{Series("x", "b"), {At(1010), 1}}});
  ASSERT_TRUE(watches_.Prepare(watch, At(1010)).ok());
  EXPECT_EQ(watch.rows(), 2U);
}

TEST_F(WatchesTest, GoingBackInTimeReadsTheSourceAgain) {
  for (int second = 0; second < 1000; second += 10) Hand({{Series("x", "a"), {At(second), 1}}});
  Watch& watch = Make(Named("x"), 60s, 990);
  ASSERT_TRUE(watches_.Prepare(watch, At(500)).ok());
  EXPECT_EQ(watch.window(0).Between(At(440), At(500)).size(), 7U);
}

TEST_F(WatchesTest, AWatchThatIsToKeepMoreReadsItAgain) {
  for (int second = 0; second < 3600; second += 10) Hand({{Series("x", "a"), {At(second), 1}}});
  Watch& watch = Make(Named("x"), 0s, 3590);
  EXPECT_EQ(watches_.samples(), 31U);
  ASSERT_TRUE(*watches_.Widen(watch, 30min));
  ASSERT_TRUE(watches_.Prepare(watch, At(3590)).ok());
  EXPECT_EQ(watch.window(0).Between(At(1790), At(3590)).size(), 181U);
  EXPECT_EQ(watches_.samples(), 211U);
  Hand({{Series("x", "a"), {At(3600), 1}}});
  ASSERT_TRUE(watches_.Prepare(watch, At(3600)).ok());
  EXPECT_EQ(watch.window(0).Between(At(1800), At(3600)).size(), 181U);
}

TEST_F(WatchesTest, AWatchThatCannotKeepMoreIsAsItWas) {
  for (int second = 0; second < 3600; second += 3) {
    Hand({{Series("x", "a"), {At(second), 1}}, {Series("x", "b"), {At(second), 1}}});
  }
  Watch& watch = Make(Named("x"), 0s, 3597);
  const size_t before = watches_.samples();
  EXPECT_FALSE(*watches_.Widen(watch, 55min)) << "more than 1000 samples";
  source_.fail = true;
  EXPECT_FALSE(watches_.Widen(watch, 10min).ok());
  source_.fail = false;
  EXPECT_EQ(watches_.samples(), before);
  EXPECT_EQ(watch.keep(), 0s);
  ASSERT_TRUE(watches_.Prepare(watch, At(3597)).ok());
  EXPECT_EQ(watch.rows(), 2U);
}

TEST_F(WatchesTest, WhatIsTooMuchIsNotWatched) {
  for (int i = 0; i < 1100; ++i) Hand({{Series("x", std::to_string(i)), {At(10), 1}}});
  const Matchers all = Named("x");
  StatusOr<Watch*> made = watches_.Make(kScope, all, 60s, At(10));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(*made, nullptr);
  EXPECT_EQ(watches_.samples(), 0U) << "nothing is left of it";
}

// A probe that ends no rounds says of no instant that what came before is needed no more.
TEST_F(WatchesTest, SaysWhenMoreCameThanIsAskedFor) {
  Make(Named("x"), 60s, 0);
  for (int i = 0; i < 1000; ++i) Hand({{Series("x", "a"), {At(i), 1}}});
  EXPECT_FALSE(watches_.is_over_limit());
  Hand({{Series("x", "a"), {At(1000), 1}}});
  EXPECT_TRUE(watches_.is_over_limit());
  watches_.Clear();
  EXPECT_FALSE(watches_.is_over_limit());
}

TEST_F(WatchesTest, ReadsAgainWhatItCouldNotReadToTheEnd) {
  for (int second = 0; second < 1000; second += 10) {
    Hand({{Series("x", "a"), {At(second), 1}}, {Series("x", "b"), {At(second), 1}}});
  }
  Watch& watch = Make(Named("x"), 60s, 990);
  source_.fail = true;
  EXPECT_FALSE(watches_.Prepare(watch, At(500)).ok());
  source_.fail = false;
  ASSERT_TRUE(watches_.Prepare(watch, At(510)).ok());
  for (size_t row : {0, 1}) EXPECT_EQ(watch.window(row).Between(At(450), At(510)).size(), 7U);
}

TEST_F(WatchesTest, WhatHasEndedGoesWhenSomethingNewComes) {
  Watch& watch = Make(Named("x"), 60s, 0);
  Hand({{Series("x", "a"), {At(10), 1}}});
  ASSERT_TRUE(watches_.Prepare(watch, At(1000)).ok());
  Hand({{Series("x", "b"), {At(1000), 1}}});
  ASSERT_TRUE(watches_.Prepare(watch, At(1000)).ok());
  EXPECT_EQ(Rows(watch), (std::vector<std::string>{"b=1000 "}));
  EXPECT_EQ(watches_.samples(), 1U);
}

TEST_F(WatchesTest, WhatIsRemovedTakesNothingMore) {
  Hand({{Series("x", "a"), {At(10), 1}}});
  Watch& gone = Make(Named("x"), 60s, 10);
  Watch& kept =
      Make({*Matcher::Make(Matcher::Kind::kRegex, std::string(kMetricName), "x|y")}, 60s, 10);
  watches_.Remove(&gone);
  Hand({{Series("x", "a"), {At(20), 1}}, {Series("x", "b"), {At(20), 1}}});
  ASSERT_TRUE(watches_.Prepare(kept, At(20)).ok());
  EXPECT_EQ(Rows(kept), (std::vector<std::string>{"a=10 20 ", "b=20 "}));
  EXPECT_EQ(watches_.samples(), 3U);
}

TEST_F(WatchesTest, ASourceThatFailsMakesNoWatch) {
  Hand({{Series("x", "a"), {At(10), 1}}});
  source_.fail = true;
  EXPECT_FALSE(watches_.Make(kScope, Named("x"), 60s, At(10)).ok());
  source_.fail = false;
  EXPECT_EQ(Make(Named("x"), 60s, 10).rows(), 1U);
}

}  // namespace
}  // namespace forewarn
