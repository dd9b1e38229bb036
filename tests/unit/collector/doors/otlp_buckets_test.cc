#include "collector/doors/otlp_buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "forewarn/foreign/otlp.pb.h"

namespace forewarn {
namespace {

using foreign::otlp::ExponentialHistogramDataPoint;
using foreign::otlp::HistogramDataPoint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr double kInf = std::numeric_limits<double>::infinity();

HistogramDataPoint Explicit(std::vector<double> bounds, std::vector<uint64_t> counts,
                            uint64_t count) {
  HistogramDataPoint point;
  for (double bound : bounds) point.add_explicit_bounds(bound);
  for (uint64_t in_bucket : counts) point.add_bucket_counts(in_bucket);
  point.set_count(count);
  return point;
}

TEST(OtlpBuckets, CountUpwardsToInfinity) {
  EXPECT_THAT(*BucketsOf(Explicit({1, 5}, {2, 0, 3}, 5)),
              ElementsAre(Pair(1, 2), Pair(5, 2), Pair(kInf, 5)));
  EXPECT_THAT(*BucketsOf(Explicit({}, {}, 7)), ElementsAre(Pair(kInf, 7)));
  EXPECT_THAT(*BucketsOf(Explicit({}, {7}, 7)), ElementsAre(Pair(kInf, 7)));
  EXPECT_THAT(*BucketsOf(Explicit({1, kInf}, {2, 3, 0}, 5)),
              ElementsAre(Pair(1, 2), Pair(kInf, 5)));
}

TEST(OtlpBuckets, RefuseWhatDoesNotFit) {
  EXPECT_THAT(BucketsOf(Explicit({1, 5}, {2, 3}, 5)).status().message(), HasSubstr("2 buckets"));
  EXPECT_THAT(BucketsOf(Explicit({5, 1}, {2, 0, 3}, 5)).status().message(), HasSubstr("rise"));
  EXPECT_THAT(BucketsOf(Explicit({1, 1}, {2, 0, 3}, 5)).status().message(), HasSubstr("rise"));
  EXPECT_THAT(BucketsOf(Explicit({1}, {2, 3}, 6)).status().message(), HasSubstr("count is 6"));
  EXPECT_FALSE(BucketsOf(Explicit({1}, {UINT64_MAX, 1}, 0)).ok());
}

TEST(OtlpBuckets, ExponentialOnesHavePowersOfTwoAsBounds) {
  ExponentialHistogramDataPoint point;
  point.set_scale(0);
  point.set_count(6);
  point.set_zero_count(1);
  point.mutable_positive()->set_offset(-1);
  for (uint64_t count : {2, 0, 3}) point.mutable_positive()->add_bucket_counts(count);
  EXPECT_THAT(*BucketsOf(point),
              ElementsAre(Pair(0, 1), Pair(1, 3), Pair(2, 3), Pair(4, 6), Pair(kInf, 6)));
}

TEST(OtlpBuckets, FinerScalesArePutTogether) {
  // Scale 2: four buckets for each power of two.
  ExponentialHistogramDataPoint point;
  point.set_scale(2);
  point.set_count(36);
  point.mutable_positive()->set_offset(-2);
  for (uint64_t i = 1; i <= 8; ++i) point.mutable_positive()->add_bucket_counts(i);
  EXPECT_THAT(*BucketsOf(point), ElementsAre(Pair(1, 1 + 2), Pair(2, 1 + 2 + 3 + 4 + 5 + 6),
                                             Pair(4, 36), Pair(kInf, 36)));
}

TEST(OtlpBuckets, CoarserScalesStayAsTheyAre) {
  ExponentialHistogramDataPoint point;
  point.set_scale(-1);
  point.set_count(3);
  point.mutable_positive()->set_offset(0);
  point.mutable_positive()->add_bucket_counts(1);
  point.mutable_positive()->add_bucket_counts(2);
  EXPECT_THAT(*BucketsOf(point), ElementsAre(Pair(4, 1), Pair(16, 3), Pair(kInf, 3)));
  point.set_scale(-11);
  EXPECT_THAT(BucketsOf(point)->back(), Pair(kInf, 3));
}

TEST(OtlpBuckets, NegativeValuesComeFirst) {
  ExponentialHistogramDataPoint point;
  point.set_count(6);
  point.set_zero_count(3);
  point.set_zero_threshold(0.25);
  point.mutable_negative()->set_offset(1);
  point.mutable_negative()->add_bucket_counts(2);
  point.mutable_positive()->set_offset(0);
  point.mutable_positive()->add_bucket_counts(1);
  EXPECT_THAT(*BucketsOf(point),
              ElementsAre(Pair(-2, 2), Pair(0.25, 5), Pair(2, 6), Pair(kInf, 6)));
}

TEST(OtlpBuckets, RefuseWhatNoNumberReaches) {
  ExponentialHistogramDataPoint point;
  point.set_count(1);
  point.mutable_positive()->set_offset(2'000'000'000);
  point.mutable_positive()->add_bucket_counts(1);
  EXPECT_FALSE(BucketsOf(point).ok());
  point.mutable_positive()->set_offset(-2'000'000'000);
  EXPECT_FALSE(BucketsOf(point).ok());
  point.mutable_positive()->set_offset(0);
  point.set_scale(2'000'000'000);
  EXPECT_FALSE(BucketsOf(point).ok());
  point.set_scale(0);
  point.set_count(2);
  EXPECT_THAT(BucketsOf(point).status().message(), HasSubstr("count is 2"));
}

}  // namespace
}  // namespace forewarn
