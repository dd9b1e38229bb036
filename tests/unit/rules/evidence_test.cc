#include "rules/evidence.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "rules/evaluate.h"
#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);
const SelectLimits kLimits;
const std::vector<Matchers> kRoots = {{Matcher::Equal("__name__", "x")},
                                      {Matcher::Equal("__name__", "y")}};

TEST(ScopedSource, ShowsNothingBeyondItsScope) {
  FakeSource all;
  all.Write(R"(x{customer="acme",installation="plant",probe="1"} 1)", kStart, 1min);
  all.Write(R"(x{customer="acme",installation="plant",probe="2"} 1)", kStart, 1min);
  all.Write(R"(x{customer="acme",installation="office",probe="3"} 1)", kStart, 1min);
  all.Write(R"(x{customer="umbrella",installation="plant",probe="4"} 1)", kStart, 1min);
  auto count = [&](const std::string& probe, const Matchers& matchers) {
    return ScopedSource(all, "acme", "plant", probe)
        .Select(matchers, kStart, kStart, kLimits)
        ->size();
  };
  EXPECT_EQ(count("", kRoots[0]), 2u);
  EXPECT_EQ(count("2", kRoots[0]), 1u);
  EXPECT_EQ(count("", {Matcher::Equal("customer", "umbrella")}), 0u);
}

TEST(Evidence, FindsTheProbesThatAResultRestsOn) {
  FakeSource source;
  source.Write(R"(x{disk="1",probe="a"} 1)", kStart, 1min);
  source.Write(R"(x{disk="2",probe="b"} 1)", kStart, 1min);
  source.Write(R"(y{probe="c"} 1)", kStart, 1min);
  source.Write(R"(z{disk="1",probe="d"} 1)", kStart, 1min);
  promql::Budget budget = RuleBudget();
  Evidence evidence(source, kRoots, kLimits, 5min, budget);
  EXPECT_THAT(evidence.BasisOf({{"disk", "1"}}, kStart)->probes, ElementsAre("a", "c"));
  EXPECT_THAT(evidence.BasisOf(Labels(), kStart)->probes, ElementsAre("a", "b", "c"));
  EXPECT_FALSE(evidence.BasisOf(Labels(), kStart + 1h)->has_series);
}

TEST(Evidence, CallsASeriesGoneThatWasLiveAndIsNot) {
  FakeSource source;
  source.Write(R"(x{disk="1"} 1x60)", kStart, 1min);
  source.Write(R"(x{disk="2"} 1 1 stale)", kStart, 1min);
  source.Write(R"(x{disk="3"} 1 1)", kStart, 1min);
  promql::Budget budget = RuleBudget();
  Evidence evidence(source, kRoots, kLimits, 5min, budget);
  using Since = Evidence::Since;
  auto since = [&](const char* disk, Duration now) {
    return *evidence.Compare({{"disk", disk}}, kStart + 1min, kStart + now);
  };
  EXPECT_EQ(since("1", 30min), Since::kNews);
  EXPECT_EQ(since("2", 2min), Since::kGone) << "its stale marker says so";
  EXPECT_EQ(since("3", 6min), Since::kNoNews) << "within the look-back, but nothing was measured";
  EXPECT_EQ(since("3", 7min), Since::kGone);
  EXPECT_EQ(since("4", 30min), Since::kNews) << "it never was";
}

TEST(Evidence, NeedsEverySelectorThatHadSeries) {
  FakeSource source;
  source.Write(R"(x{disk="1"} 1x60)", kStart, 1min);
  source.Write(R"(y{disk="1"} 1 1 stale)", kStart, 1min);
  promql::Budget budget = RuleBudget();
  Evidence evidence(source, kRoots, kLimits, 5min, budget);
  EXPECT_EQ(*evidence.Compare({{"disk", "1"}}, kStart + 1min, kStart + 3min),
            Evidence::Since::kGone);
}

TEST(Evidence, PassesOnThatTheSourceFails) {
  FakeSource source;
  source.fail = true;
  promql::Budget budget = RuleBudget();
  Evidence evidence(source, kRoots, kLimits, 5min, budget);
  EXPECT_FALSE(evidence.Compare(Labels(), kStart, kStart).ok());
  EXPECT_FALSE(evidence.BasisOf(Labels(), kStart).ok());
}

TEST(Evidence, FindsAmongManySeriesThoseThatBearOnAResult) {
  FakeSource source;
  for (int disk = 0; disk < 1000; ++disk) {
    source.Write(fmt::format(R"(x{{disk="{}",probe="{}"}} 1)", disk, disk % 7), kStart, 1min);
  }
  source.Write(R"(x{probe="every"} 1)", kStart, 1min);
  source.Write(R"(x{disk="5",mode="w",probe="w"} 1)", kStart, 1min);
  promql::Budget budget = RuleBudget();
  Evidence evidence(source, std::span(kRoots).first(1), kLimits, 5min, budget);
  auto probes = [&](const Labels& result) { return evidence.BasisOf(result, kStart)->probes; };
  EXPECT_THAT(probes({{"disk", "3"}}), ElementsAre("3", "every"));
  EXPECT_THAT(probes({{"disk", "5"}, {"mode", "r"}}), ElementsAre("5", "every"));
  EXPECT_THAT(probes({{"disk", "none"}}), ElementsAre("every"));
  EXPECT_EQ(probes({{"other", "1"}}).size(), 9u) << "no series has that label";
  EXPECT_LT(budget.used(), 1'000u * 200u) << "not all of them for each result";
}

TEST(Evidence, SaysNothingWhenItIsTooMuchWork) {
  FakeSource source;
  for (int disk = 0; disk < 300; ++disk) {
    source.Write(fmt::format(R"(x{{disk="{}"}} 1)", disk), kStart, 1min);
  }
  promql::Budget budget(300 * promql::kRuleWeights.series + 5, promql::kRuleWeights);
  Evidence evidence(source, std::span(kRoots).first(1), kLimits, 5min, budget);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(evidence.Compare({{"disk", "7"}}, kStart - 1min, kStart).status().code(),
              Code::kResourceExhausted);
  }
}

}  // namespace
}  // namespace forewarn
