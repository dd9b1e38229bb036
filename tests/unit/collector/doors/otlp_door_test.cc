#include "collector/doors/otlp_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class OtlpDoorTest : public testing::Test {
 protected:
  // One counter with a difference of 1 at kNow, and a gauge without a value if wanted.
  static ExportMetricsServiceRequest Request(bool with_bad = false, const char* name = "jobs",
                                             Timestamp at = kNow) {
    ExportMetricsServiceRequest request;
    auto* scope = request.add_resource_metrics()->add_scope_metrics();
    auto* metric = scope->add_metrics();
    metric->set_name(name);
    metric->mutable_sum()->set_is_monotonic(true);
    metric->mutable_sum()->set_aggregation_temporality(
        foreign::otlp::AGGREGATION_TEMPORALITY_DELTA);
    auto* point = metric->mutable_sum()->add_data_points();
    point->set_time_unix_nano(static_cast<uint64_t>(ToMillis(at)) * 1'000'000);
    point->set_as_int(1);
    if (with_bad) {
      auto* bad = scope->add_metrics();
      bad->set_name("bad");
      bad->mutable_gauge()->add_data_points();
    }
    return request;
  }
  template <typename Message>
  OtlpDoor::Answer Export(const Message& message) {
    std::optional<OtlpDoor::Answer> got;
    door_.Export(token_, message, [&](const OtlpDoor::Answer& answer) { got = answer; });
    sink_.Settle();
    EXPECT_TRUE(got.has_value());
    return got.value_or(OtlpDoor::Answer{});
  }

  SourceToken token_ = TestToken(SourceToken::Door::kOtlp);
  bool ready_ = true;
  LimitSettings limits_;
  FakeSink sink_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  DoorIntake intake_{sink_, metrics_, clock_, limits_};
  OtlpDoor door_{[this] { return ready_ ? &intake_ : nullptr; }, metrics_, clock_, limits_};
};

TEST_F(OtlpDoorTest, SaysNothingOfASuccess) {
  OtlpDoor::Answer answer = Export(Request());
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.rejected, 0u);
  EXPECT_EQ(answer.message, "");
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(OtlpDoorTest, AnEmptyRequestIsASuccess) {
  EXPECT_TRUE(Export(ExportMetricsServiceRequest()).status.ok());
  EXPECT_TRUE(Export(ExportLogsServiceRequest()).status.ok());
  EXPECT_THAT(sink_.entries, IsEmpty());
}

TEST_F(OtlpDoorTest, SaysHowManyPointsAreNotStoredAndWhy) {
  sink_.reply.too_old = 1;
  OtlpDoor::Answer answer = Export(Request(true));
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.rejected, 2u);
  EXPECT_THAT(answer.message,
              HasSubstr("1 of 2 rejected, the first: metric 'bad': it has no time"));
  EXPECT_THAT(answer.message, HasSubstr("1 sample older than"));
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("forewarn_door_requests_total{door=\"otlp\",result=\"partial\"} 1"));
}

TEST_F(OtlpDoorTest, CountsPointsAndNotTheSamplesTheyAreMadeOf) {
  ExportMetricsServiceRequest request;
  auto* metric = request.add_resource_metrics()->add_scope_metrics()->add_metrics();
  metric->set_name("latency");
  auto* histogram = metric->mutable_histogram();
  histogram->set_aggregation_temporality(foreign::otlp::AGGREGATION_TEMPORALITY_CUMULATIVE);
  for (int i = 0; i < 5; ++i) {
    auto* point = histogram->add_data_points();
    point->set_time_unix_nano(static_cast<uint64_t>(ToMillis(kNow)) * 1'000'000 + i * 1'000'000);
    point->add_explicit_bounds(1);
    for (int bucket = 0; bucket < 2; ++bucket) point->add_bucket_counts(0);
    point->set_sum(0);
  }
  sink_.reply.too_old = 8;  // the four samples of two points
  EXPECT_EQ(Export(request).rejected, 2u);
}

TEST_F(OtlpDoorTest, ADifferenceThatCouldNotBeStoredCountsWhenItComesAgain) {
  sink_.room = 0;
  EXPECT_EQ(Export(Request()).status.code(), Code::kUnavailable);
  sink_.room = 10;
  EXPECT_TRUE(Export(Request()).status.ok());
  ASSERT_THAT(sink_.Batches(), SizeIs(1));
  EXPECT_THAT(sink_.Batches()[0].samples.values, testing::ElementsAre(0, 1));
  // And when it is sent once more although it is stored, it changes nothing.
  EXPECT_TRUE(Export(Request()).status.ok());
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(OtlpDoorTest, ARepeatedDifferenceIsAnsweredWhenTheFirstIsDurableAndNotBefore) {
  sink_.hold = true;
  int answers = 0;
  for (int i = 0; i < 2; ++i) {
    door_.Export(TestToken(SourceToken::Door::kOtlp), Request(),
                 [&](const OtlpDoor::Answer& answer) {
                   EXPECT_TRUE(answer.status.ok());
                   ++answers;
                 });
  }
  EXPECT_EQ(answers, 0);
  sink_.AnswerAll();
  EXPECT_EQ(answers, 2);
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(OtlpDoorTest, ADifferenceFarAheadHidesNoneThatComesAfterIt) {
  OtlpDoor::Answer answer = Export(Request(false, "jobs", kNow + 365 * 24h));
  EXPECT_EQ(answer.rejected, 1u);
  EXPECT_THAT(answer.message, HasSubstr("limits.accepted_future"));
  answer = Export(Request(false, "jobs", kNow - 365 * 24h));
  EXPECT_THAT(answer.message, HasSubstr("limits.accepted_age"));
  EXPECT_EQ(Export(Request()).rejected, 0u);
  ASSERT_THAT(sink_.Batches(), testing::Not(IsEmpty()));
  EXPECT_THAT(sink_.Batches().back().samples.values, testing::ElementsAre(0, 1));
}

TEST_F(OtlpDoorTest, ASourceAddsUpAsManySeriesAsItMayHaveAndNoneOfAnother) {
  limits_.series_per_probe = 1;
  EXPECT_EQ(Export(Request(false, "a")).rejected, 0u);
  OtlpDoor::Answer answer = Export(Request(false, "b"));
  EXPECT_EQ(answer.rejected, 1u);
  EXPECT_THAT(answer.message, HasSubstr("limits.series_per_probe"));
  token_.source_id = "another";
  EXPECT_EQ(Export(Request(false, "b")).rejected, 0u);
  clock_.Advance(24h + 1ms);
  token_.source_id = TestToken().source_id;
  EXPECT_EQ(Export(Request(false, "b", clock_.Now())).rejected, 0u)
      << "the first was silent for a day";
}

TEST_F(OtlpDoorTest, TellsTheSenderToComeAgainWhileTheCollectorStarts) {
  ready_ = false;
  EXPECT_EQ(Export(Request()).status.code(), Code::kUnavailable);
}

TEST_F(OtlpDoorTest, LogsAreEvents) {
  ExportLogsServiceRequest request;
  auto* record = request.add_resource_logs()->add_scope_logs()->add_log_records();
  record->mutable_body()->set_string_value("full");
  EXPECT_TRUE(Export(request).status.ok());
  ASSERT_THAT(sink_.Batches(), SizeIs(1));
  EXPECT_EQ(sink_.Batches()[0].events[0].message, "full");
}

}  // namespace
}  // namespace forewarn
