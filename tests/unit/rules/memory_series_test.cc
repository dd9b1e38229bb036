#include "rules/memory_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Labels kUp = {{"__name__", "up"}, {"job", "a"}};
const Matchers kIsUp = {Matcher::Equal("__name__", "up")};

Sample At(Duration at, double value) { return {kTimeZero + at, value}; }

std::vector<Sample> All(const MemorySeries& series) {
  StatusOr<std::vector<SeriesData>> found =
      series.Select(kIsUp, kTimeZero, kTimeZero + 1h, SelectLimits());
  EXPECT_TRUE(found.ok());
  if (found->empty()) return {};
  return found->front().samples;
}

TEST(MemorySeries, WhatIsGivenComesUpToTheInstant) {
  MemorySeries series;
  series.Give({kUp, {At(0s, 1), At(1min, 2), At(2min, 3)}});
  EXPECT_THAT(All(series), IsEmpty());
  series.Reveal(kTimeZero + 1min);
  EXPECT_THAT(All(series), ElementsAre(At(0s, 1), At(1min, 2)));
}

TEST(MemorySeries, ASeriesGivenAgainTakesThePlaceOfTheFirst) {
  MemorySeries series;
  series.Give({kUp, {At(0s, 1), At(1min, 2)}});
  series.Give({kUp, {At(0s, 7)}});
  series.Reveal(kTimeZero + 1h);
  EXPECT_THAT(All(series), ElementsAre(At(0s, 7)));
}

TEST(MemorySeries, SelectsTheRangeWithBothEnds) {
  MemorySeries series;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(series.Write(kUp, At(i * 1min, i)).ok());
  StatusOr<std::vector<SeriesData>> found =
      series.Select(kIsUp, kTimeZero + 1min, kTimeZero + 3min, SelectLimits());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_THAT((*found)[0].samples, ElementsAre(At(1min, 1), At(2min, 2), At(3min, 3)));
  EXPECT_THAT(*series.Select({}, kTimeZero, kTimeZero + 1h, SelectLimits()), IsEmpty());
  EXPECT_THAT(*series.Select(kIsUp, kTimeZero + 5min, kTimeZero + 1h, SelectLimits()), IsEmpty());
}

TEST(MemorySeries, LimitsAreKept) {
  MemorySeries series;
  ASSERT_TRUE(series.Write(kUp, At(0s, 1)).ok());
  ASSERT_TRUE(series.Write({{"__name__", "up"}}, At(0s, 1)).ok());
  SelectLimits one_series;
  one_series.max_series = 1;
  EXPECT_EQ(series.Select(kIsUp, kTimeZero, kTimeZero, one_series).status().code(),
            Code::kResourceExhausted);
  SelectLimits one_sample;
  one_sample.max_samples = 1;
  EXPECT_EQ(series.Select(kIsUp, kTimeZero, kTimeZero, one_sample).status().code(),
            Code::kResourceExhausted);
}

TEST(MemorySeries, TwoValuesAtOneTimeAreRefused) {
  MemorySeries series;
  ASSERT_TRUE(series.Write(kUp, At(1min, 1)).ok());
  EXPECT_TRUE(series.Write(kUp, At(1min, 1)).ok());
  EXPECT_THAT(series.Write(kUp, At(1min, 2)).message(), HasSubstr("another value at this time"));
  EXPECT_THAT(series.Write(kUp, At(0s, 2)).message(), HasSubstr("a later sample"));
  EXPECT_THAT(All(series), ElementsAre(At(1min, 1)));
}

}  // namespace
}  // namespace forewarn
