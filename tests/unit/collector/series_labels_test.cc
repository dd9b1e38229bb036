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
  v1::Batch in;
  for (int i = 0; i < 3; ++i) in.add_series();
  v1::SeriesDefinition* series = in.add_series();
  for (const std::string& label : labels) series->add_labels(label);
  StatusOr<Labels> read = ReadSeriesLabels(in, 3, kIdentity, limits);

  // The other form says the same.
  series->clear_labels();
  in.add_label_strings("of another series");
  for (const std::string& label : labels) {
    series->add_label_refs(static_cast<uint32_t>(in.label_strings_size()));
    in.add_label_strings(label);
  }
  StatusOr<Labels> by_refs = ReadSeriesLabels(in, 3, kIdentity, limits);
  EXPECT_EQ(by_refs.status(), read.status());
  if (read.ok() && by_refs.ok()) {
    EXPECT_EQ(*by_refs, *read);
  }
  return read;
}

TEST(SeriesLabels, MayReferToOneStringOften) {
  v1::Batch in;
  for (const char* text : {"same", "__name__"}) in.add_label_strings(text);
  for (uint32_t ref : {1, 0, 0, 0}) in.add_series()->add_label_refs(ref);
  v1::SeriesDefinition* series = in.add_series();
  for (uint32_t ref : {0, 0, 1, 0}) series->add_label_refs(ref);
  StatusOr<Labels> labels = ReadSeriesLabels(in, 4, kIdentity, {});
  ASSERT_TRUE(labels.ok()) << labels.status().ToString();
  EXPECT_EQ(labels->ToString(), R"(same{customer="acme",job="node",same="same"})");
}

TEST(SeriesLabels, ReferToNothingThatIsNotThere) {
  v1::Batch in;
  in.add_label_strings("__name__");
  v1::SeriesDefinition* series = in.add_series();
  for (uint32_t ref : {0, 1}) series->add_label_refs(ref);
  Status outside = ReadSeriesLabels(in, 0, kIdentity, {}).status();
  EXPECT_EQ(outside.code(), Code::kInvalidArgument);
  EXPECT_THAT(outside.message(), HasSubstr("series[0].label_refs: 1, but there are 1"));
  series->set_label_refs(1, 4'294'967'295);
  EXPECT_FALSE(ReadSeriesLabels(in, 0, kIdentity, {}).ok());
  in.add_label_strings("up");
  series->set_label_refs(1, 1);
  EXPECT_TRUE(ReadSeriesLabels(in, 0, kIdentity, {}).ok());
  series->add_labels("a");
  EXPECT_THAT(ReadSeriesLabels(in, 0, kIdentity, {}).status().message(), HasSubstr("only one"));
}

TEST(SeriesLabels, AreCountedBeforeOneIsLookedUp) {
  v1::Batch in;
  v1::SeriesDefinition* series = in.add_series();
  for (uint32_t i = 0; i < 1'000'000; ++i) series->add_label_refs(i);  // of which none is there
  Status many = ReadSeriesLabels(in, 0, kIdentity, {}).status();
  EXPECT_EQ(many.code(), Code::kResourceExhausted);
  EXPECT_THAT(many.message(), HasSubstr("series[0].labels: 500002, above the limit"));
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
