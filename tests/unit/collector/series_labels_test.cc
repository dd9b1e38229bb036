#include "collector/series_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const std::vector<Labels::Pair> kIdentity = {{"customer", "acme"}, {"job", "node"}};

StatusOr<Labels> Read(const std::vector<std::string>& labels, const LimitSettings& limits = {}) {
  v1::SeriesDefinition in;
  for (const std::string& label : labels) in.add_labels(label);
  return ReadSeriesLabels(in, 3, kIdentity, limits);
}

TEST(SeriesLabels, AreThoseOfThePayloadWithWhoSentThem) {
  StatusOr<Labels> labels = Read({"__name__", "up", "b", "1"});
  ASSERT_TRUE(labels.ok()) << labels.status().ToString();
  EXPECT_EQ(labels->ToString(), R"(up{b="1",customer="acme",job="node"})");
}

TEST(SeriesLabels, WhatThePayloadClaimsIsKeptUnderAnotherName) {
  StatusOr<Labels> labels =
      Read({"__name__", "up", "job", "db", "exported_job", "mine", "customer", "other"});
  ASSERT_TRUE(labels.ok()) << labels.status().ToString();
  EXPECT_EQ(labels->Get("customer"), "acme");
  EXPECT_EQ(labels->Get("exported_customer"), "other");
  EXPECT_EQ(labels->Get("exported_job"), "mine");
  EXPECT_EQ(labels->Get("exported_exported_job"), "db");
}

TEST(SeriesLabels, AreRefusedByPlaceAndReason) {
  EXPECT_THAT(Read({"__name__"}).status().message(), HasSubstr("series[3].labels: 1 strings"));
  EXPECT_THAT(Read({"a", "b"}).status().message(), HasSubstr("needs a __name__"));
  EXPECT_THAT(Read({"__name__", "up", "a", ""}).status().message(), HasSubstr("'a' is empty"));
  EXPECT_THAT(Read({"__name__", "up", "a", "1", "a", "2"}).status().message(),
              HasSubstr("'a' is given twice"));
  EXPECT_THAT(Read({"__name__", "up", "a-b", "1"}).status().message(),
              HasSubstr("'a-b' is not a label name"));
}

TEST(SeriesLabels, ALimitIsNamedWithItsValueAndTheRemedy) {
  LimitSettings limits;
  limits.labels_per_series = 3;
  limits.label_value_size = 4;
  Status many = Read({"__name__", "up", "a", "1"}, limits).status();
  EXPECT_EQ(many.code(), Code::kResourceExhausted);
  EXPECT_THAT(many.message(), HasSubstr("series[3].labels: 4, above the limit of 3"));
  EXPECT_THAT(Read({"__name__", "longer"}, limits).status().message(),
              HasSubstr("limits.label_value_size"));
}

}  // namespace
}  // namespace forewarn
