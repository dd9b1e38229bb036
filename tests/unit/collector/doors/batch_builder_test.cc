#include "collector/doors/batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const LimitSettings kLimits;
constexpr int64_t kNowMs = 1'780'000'000'000;
constexpr Timestamp kNow = FromMillis(kNowMs);

TEST(BatchBuilder, AttachesWhoSentIt) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  uint32_t up = builder.AddSeries({{"__name__", "up"}, {"job", "node"}, {"customer", "globex"}});
  builder.AddSample(up, kNowMs, 1);
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].batch.source.customer, "acme");
  EXPECT_EQ(batches[0].batch.epoch, 0u);
  const Labels& labels = batches[0].batch.samples.table->series[0];
  EXPECT_EQ(labels.Get("customer"), "acme");
  EXPECT_EQ(labels.Get("exported_customer"), "globex");
  EXPECT_EQ(labels.Get("installation"), "main");
  EXPECT_EQ(labels.Get("probe"), SourceId("acme", "main", "monitoring"));
  EXPECT_EQ(labels.Get("job"), "node");
  EXPECT_EQ(labels.Get("instance"), "");
}

TEST(BatchBuilder, FindsANameThatIsFreeForALabelOfTheirs) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  uint32_t up =
      builder.AddSeries({{"__name__", "up"}, {"probe", "theirs"}, {"exported_probe", "older"}});
  builder.AddSample(up, kNowMs, 1);
  std::vector<DoorBatch> batches = builder.Take();
  const Labels& labels = batches[0].batch.samples.table->series[0];
  EXPECT_EQ(labels.Get("exported_probe"), "older");
  EXPECT_EQ(labels.Get("exported_exported_probe"), "theirs");
}

TEST(BatchBuilder, LeavesOutWhatBreaksARuleAndCountsIt) {
  LimitSettings limits;
  limits.labels_per_series = 8;
  limits.label_value_size = 16;
  limits.label_name_size = 16;
  struct {
    std::vector<Labels::Pair> labels;
    const char* why;
  } cases[] = {
      {{{"job", "a"}}, "needs a __name__"},
      {{{"__name__", "up"}, {"job", ""}}, "value of 'job' is empty"},
      {{{"__name__", "up"}, {"a b", "c"}}, "'a b' is not a label name"},
      {{{"__name__", "a b"}}, "'a b' is not a metric name"},
      {{{"__name__", "up"}, {"job", "a"}, {"job", "b"}}, "'job' is given twice"},
      {{{"__name__", "up"}, {"job", std::string(17, 'x')}}, "limits.label_value_size"},
      {{{"__name__", "up"}, {std::string(17, 'x'), "a"}}, "limits.label_name_size"},
      {{{"__name__", "up"}, {"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"}},
       "limits.labels_per_series"},
  };
  for (auto& wrong : cases) {
    BatchBuilder builder(TestToken(), limits, kNow);
    uint32_t good = builder.AddSeries({{"__name__", "good"}});
    uint32_t bad = builder.AddSeries(wrong.labels);
    EXPECT_EQ(bad, BatchBuilder::kNoSeries);
    builder.AddSample(bad, kNowMs, 1);
    builder.AddSample(bad, kNowMs + 1, 1);
    builder.AddSample(good, kNowMs, 1);
    EXPECT_EQ(builder.refused(), 2u);
    EXPECT_THAT(builder.first_reason(), HasSubstr(wrong.why));
    EXPECT_EQ(builder.samples(), 1u);
    EXPECT_THAT(builder.Take(), SizeIs(1));
  }
}

TEST(BatchBuilder, RefusesATimeThatIsNone) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  uint32_t up = builder.AddSeries({{"__name__", "up"}});
  builder.AddSample(up, -1, 1);
  builder.AddSample(up, INT64_MAX, 1);
  Event event;
  event.at = FromMillis(-5);
  builder.AddEvent(event);
  EXPECT_EQ(builder.refused(), 3u);
  EXPECT_THAT(builder.Take(), SizeIs(0));
}

TEST(BatchBuilder, SplitsWhatIsMuchSoThatOthersComeBetween) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  uint32_t up = builder.AddSeries({{"__name__", "up"}});
  for (int i = 0; i < 25'000; ++i) builder.AddSample(up, kNowMs + i, i);
  for (int i = 0; i < 100; ++i) {
    Event event;
    event.at = FromMillis(kNowMs);
    event.message = std::to_string(i) + std::string(60'000, 'x');
    builder.AddEvent(event);
  }
  std::vector<DoorBatch> batches = builder.Take();
  size_t samples = 0;
  size_t events = 0;
  for (const DoorBatch& each : batches) {
    const Batch& batch = each.batch;
    samples += batch.samples.size();
    events += batch.events.size();
    EXPECT_LE(batch.samples.size(), 10'000u);
    EXPECT_LE(batch.events.size(), 20u);
  }
  EXPECT_EQ(samples, 25'000u);
  EXPECT_EQ(events, 100u);
  EXPECT_EQ(batches[2].batch.samples.values.back(), 24'999);
}

TEST(BatchBuilder, EachBatchHasItsOwnSeriesAndItsOwnDifferences) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  uint32_t a = builder.AddSeries({{"__name__", "a"}});
  for (int i = 0; i < 10'001; ++i) builder.AddSample(a, kNowMs + i, i);
  uint32_t b = builder.AddSeries({{"__name__", "b"}});
  builder.AddDifference(b, kNowMs, 5);
  builder.AddDifference(b, -1, 5);  // no time
  builder.AddSample(a, kNowMs, 7);
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(batches[0].batch.samples.table->series, SizeIs(1));
  EXPECT_THAT(batches[0].differences, SizeIs(0));
  const SampleBlock& second = batches[1].batch.samples;
  ASSERT_THAT(second.table->series, SizeIs(2));
  EXPECT_THAT(second.refs, testing::ElementsAre(0, 1, 0));
  EXPECT_EQ(second.table->series[1].name(), "b");
  ASSERT_THAT(batches[1].differences, SizeIs(1));
  EXPECT_EQ(batches[1].differences[0].sample, 1u);
  EXPECT_EQ(batches[1].differences[0].series, second.table->series[1].fingerprint());
}

TEST(BatchBuilder, GoesBackAsIfNothingHadBeenAdded) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  builder.AddSample(builder.AddSeries({{"__name__", "a"}}), kNowMs, 1);
  BatchBuilder::Mark here = builder.here();
  uint32_t b = builder.AddSeries({{"__name__", "b"}});
  builder.AddDifference(b, kNowMs, 5);
  builder.AddSample(b, kNowMs, 5);
  builder.BackTo(here);
  builder.AddDifference(builder.AddSeries({{"__name__", "c"}}), kNowMs, 7);
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(batches[0].batch.samples.values, testing::ElementsAre(1, 7));
  ASSERT_THAT(batches[0].batch.samples.table->series, SizeIs(2));
  EXPECT_EQ(batches[0].batch.samples.table->series[1].name(), "c");
  ASSERT_THAT(batches[0].differences, SizeIs(1));
  EXPECT_EQ(batches[0].differences[0].sample, 1u);
}

TEST(BatchBuilder, HoldsNoMoreThanOneRequestMayTake) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  const std::string text(2000, 'x');
  size_t series = 0;
  for (int i = 0; i < 40'000; ++i) {
    uint32_t ref = builder.AddSeries({{"__name__", "a"}, {"b", text}, {"c", std::to_string(i)}});
    series += ref == BatchBuilder::kNoSeries ? 0 : 1;
    builder.AddSample(ref, kNowMs, 1);
  }
  EXPECT_LE(series * text.size(), BatchBuilder::kMaxBytes);
  EXPECT_GE(series * text.size(), BatchBuilder::kMaxBytes * 9 / 10);
  EXPECT_EQ(builder.samples(), series);
  EXPECT_EQ(builder.refused(), 40'000 - series);
  EXPECT_THAT(builder.first_reason(), HasSubstr("more than 64 MiB; send smaller requests"));
}

TEST(BatchBuilder, EventsThatAreMadeOfOneTextAgainAndAgainAreBounded) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  Event event;
  event.at = kNow;
  event.message = std::string(60'000, 'x');
  for (int i = 0; i < 2000; ++i) builder.AddEvent(event);
  EXPECT_EQ(builder.events(), 1u);
  EXPECT_GE(builder.refused(), 2000 - BatchBuilder::kMaxBytes / 60'000);
  EXPECT_FALSE(builder.room().ok());
}

TEST(BatchBuilder, WhatHasAnIdIsTheSameEventTwice) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  Event event;
  event.at = FromMillis(kNowMs);
  builder.AddEvent(event, Fingerprint(7));
  event.message = "in other words";
  builder.AddEvent(event, Fingerprint(7));
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches[0].batch.events, SizeIs(1));
  EXPECT_EQ(batches[0].batch.events[0].count, 1u);
  EXPECT_THAT(batches[0].event_ids, testing::ElementsAre(Fingerprint(7)));
}

TEST(BatchBuilder, RefusesAnEventThatIsTooLargeAndCutsTheNameOfItsSource) {
  LimitSettings limits;
  limits.event_size = 1000;
  BatchBuilder builder(TestToken(), limits, kNow);
  Event event;
  event.at = FromMillis(kNowMs);
  event.message = std::string(1001, 'x');
  builder.AddEvent(event);
  EXPECT_THAT(builder.first_reason(), HasSubstr("limits.event_size"));
  event.message = "short";
  event.source = std::string(255, 'x') + "\xd0\xb6";
  builder.AddEvent(event);
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].batch.events[0].source, std::string(255, 'x'));
  EXPECT_EQ(batches[0].batch.events[0].last_at, FromMillis(kNowMs));
}

TEST(BatchBuilder, RefusesAnEventFromTooFarAway) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  Event event;
  for (Duration away :
       {Duration(-8 * 24h - 1ms), Duration(-8 * 24h), Duration(10min), Duration(10min + 1ms)}) {
    event.at = kNow + away;
    builder.AddEvent(event);
  }
  EXPECT_EQ(builder.refused(), 2u);
  EXPECT_EQ(builder.events(), 2u);
  EXPECT_THAT(builder.first_reason(), HasSubstr("limits.accepted_age"));
}

TEST(BatchBuilder, MakesOneOfEqualEventsWithACount) {
  BatchBuilder builder(TestToken(), kLimits, kNow);
  Event event;
  event.at = kNow;
  event.message = "full";
  for (int i = 0; i < 3; ++i) builder.AddEvent(event);
  event.at = kNow + 1ms;
  builder.AddEvent(event);
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches[0].batch.events, SizeIs(2));
  EXPECT_EQ(batches[0].batch.events[0].count, 3u);
  EXPECT_EQ(batches[0].batch.events[1].count, 1u);
}

}  // namespace
}  // namespace forewarn
