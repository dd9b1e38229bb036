#include "collector/doors/otlp_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "forewarn/foreign/otlp_metrics_service.pb.h"
#include "model/series_source.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using namespace foreign::otlp;  // NOLINT(google-build-using-namespace): the words of this file
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr int64_t kNowMs = 1'780'000'000'000;
constexpr uint64_t kNowNanos = kNowMs * 1'000'000ull;

class OtlpMetricsTest : public testing::Test {
 protected:
  OtlpMetricsTest() {
    resource_ = request_.add_resource_metrics();
    scope_ = resource_->add_scope_metrics();
  }
  foreign::otlp::Metric& Metric(const std::string& name, const std::string& unit = "") {
    foreign::otlp::Metric* metric = scope_->add_metrics();
    metric->set_name(name);
    metric->set_unit(unit);
    return *metric;
  }
  template <typename Point>
  static Point& At(Point* point, uint64_t nanos = kNowNanos) {
    point->set_time_unix_nano(nanos);
    return *point;
  }
  template <typename List>
  static void Attribute(List* attributes, const std::string& key, const std::string& value) {
    KeyValue* pair = attributes->Add();
    pair->set_key(key);
    pair->mutable_value()->set_string_value(value);
  }

  // Reads the request, and returns the values by series, in short: without customer, installation and
  // probe.
  std::map<std::string, double> Read() {
    BatchBuilder builder(TestToken(SourceToken::Door::kOtlp), limits_, FromMillis(kNowMs));
    read_ = ReadOtlpMetrics(request_, builder);
    differences_ = 0;
    std::map<std::string, double> found;
    for (const DoorBatch& each : builder.Take()) {
      const Batch& batch = each.batch;
      differences_ += each.differences.size();
      for (size_t i = 0; i < batch.samples.size(); ++i) {
        Labels labels = batch.samples.table->series[batch.samples.refs[i]];
        for (const char* ours : {"customer", "installation", "probe"}) labels.Remove(ours);
        found[labels.ToString()] = batch.samples.values[i];
      }
    }
    return found;
  }

  LimitSettings limits_;
  ExportMetricsServiceRequest request_;
  ResourceMetrics* resource_;
  ScopeMetrics* scope_;
  size_t differences_ = 0;
  OtlpRead read_;
};

TEST_F(OtlpMetricsTest, AGaugeIsItsValue) {
  NumberDataPoint& point = At(Metric("queue.size", "{job}").mutable_gauge()->add_data_points());
  point.set_as_int(7);
  Attribute(point.mutable_attributes(), "queue.name", "mail");
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("queue_size{queue_name=\"mail\"}", 7)));
  EXPECT_EQ(read_.items, 1u);
  EXPECT_EQ(read_.rejected, 0u);
}

TEST_F(OtlpMetricsTest, TheResourceBecomesJobAndInstanceAndTargetInfo) {
  auto* attributes = resource_->mutable_resource()->mutable_attributes();
  Attribute(attributes, "service.name", "shop");
  Attribute(attributes, "service.namespace", "eu");
  Attribute(attributes, "service.instance.id", "shop-1");
  Attribute(attributes, "host.name", "h1");
  scope_->mutable_scope()->set_name("lib");
  At(Metric("up").mutable_gauge()->add_data_points()).set_as_double(1);
  EXPECT_THAT(Read(),
              UnorderedElementsAre(
                  Pair("up{instance=\"shop-1\",job=\"eu/shop\",otel_scope_name=\"lib\"}", 1),
                  Pair("target_info{host_name=\"h1\",instance=\"shop-1\",job=\"eu/shop\"}", 1)));
}

TEST_F(OtlpMetricsTest, ACumulativeSumIsACounter) {
  Sum* sum = Metric("requests").mutable_sum();
  sum->set_aggregation_temporality(AGGREGATION_TEMPORALITY_CUMULATIVE);
  sum->set_is_monotonic(true);
  At(sum->add_data_points()).set_as_int(5);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("requests_total", 5)));
  sum->set_is_monotonic(false);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("requests", 5)));
}

TEST_F(OtlpMetricsTest, DifferencesAreMarkedAsSuch) {
  Sum* sum = Metric("requests").mutable_sum();
  sum->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  sum->set_is_monotonic(true);
  At(sum->add_data_points()).set_as_int(5);
  At(Metric("up").mutable_gauge()->add_data_points()).set_as_int(1);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("requests_total", 5), Pair("up", 1)));
  EXPECT_EQ(differences_, 1u);
}

TEST_F(OtlpMetricsTest, ADifferenceThatWouldSpoilTheSumIsRejected) {
  Sum* sum = Metric("requests").mutable_sum();
  sum->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  sum->set_is_monotonic(true);
  At(sum->add_data_points()).set_as_double(std::nan(""));
  At(sum->add_data_points()).set_as_double(HUGE_VAL);
  At(sum->add_data_points()).set_as_int(-1);
  EXPECT_THAT(Read(), testing::IsEmpty());
  EXPECT_EQ(read_.rejected, 3u);
}

TEST_F(OtlpMetricsTest, DifferencesOfWhatMayFallAreRejected) {
  Sum* sum = Metric("requests").mutable_sum();
  sum->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  At(sum->add_data_points()).set_as_int(5);
  At(sum->add_data_points()).set_as_int(5);
  EXPECT_THAT(Read(), testing::IsEmpty());
  EXPECT_EQ(read_.items, 2u);
  EXPECT_EQ(read_.rejected, 2u);
  EXPECT_THAT(read_.reason, HasSubstr("metric 'requests': a sum that may fall"));
}

TEST_F(OtlpMetricsTest, AHistogramBecomesThreeFamilies) {
  Histogram* histogram = Metric("latency", "s").mutable_histogram();
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_CUMULATIVE);
  HistogramDataPoint& point = At(histogram->add_data_points());
  point.set_count(3);
  point.set_sum(1.5);
  point.add_explicit_bounds(0.5);
  point.add_bucket_counts(1);
  point.add_bucket_counts(2);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("latency_seconds_bucket{le=\"0.5\"}", 1),
                                           Pair("latency_seconds_bucket{le=\"+Inf\"}", 3),
                                           Pair("latency_seconds_count", 3),
                                           Pair("latency_seconds_sum", 1.5)));
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  Read();
  EXPECT_EQ(differences_, 4u);
  point.set_count(4);
  EXPECT_THAT(Read(), testing::IsEmpty());
  EXPECT_EQ(read_.rejected, 1u);
}

TEST_F(OtlpMetricsTest, AnExponentialHistogramIsMapped) {
  ExponentialHistogram* histogram = Metric("latency").mutable_exponential_histogram();
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_CUMULATIVE);
  ExponentialHistogramDataPoint& point = At(histogram->add_data_points());
  point.set_count(2);
  point.set_scale(3);
  point.mutable_positive()->add_bucket_counts(2);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("latency_bucket{le=\"2\"}", 2),
                                           Pair("latency_bucket{le=\"+Inf\"}", 2),
                                           Pair("latency_count", 2)));
}

TEST_F(OtlpMetricsTest, DifferencesOfAnExponentialHistogramAreRejectedSinceItsBoundsMove) {
  ExponentialHistogram* histogram = Metric("latency").mutable_exponential_histogram();
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  ExponentialHistogramDataPoint& point = At(histogram->add_data_points());
  point.set_count(2);
  point.mutable_positive()->add_bucket_counts(2);
  EXPECT_THAT(Read(), testing::IsEmpty());
  EXPECT_EQ(read_.rejected, 1u);
  EXPECT_THAT(read_.reason, HasSubstr("metric 'latency': an exponential histogram is taken "
                                      "cumulative only"));
}

TEST_F(OtlpMetricsTest, NothingIsLeftOfARejectedHistogram) {
  Histogram* histogram = Metric("latency").mutable_histogram();
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_DELTA);
  HistogramDataPoint& point = At(histogram->add_data_points());
  point.set_count(3);
  point.add_bucket_counts(3);
  point.set_sum(std::nan(""));
  At(Metric("up").mutable_gauge()->add_data_points()).set_as_int(1);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("up", 1)));
  EXPECT_EQ(differences_, 0u);
  EXPECT_EQ(read_.rejected, 1u);
}

TEST_F(OtlpMetricsTest, LongLabelsOfManyBucketsTakeNoMoreRoomThanARequestHas) {
  At(Metric("up").mutable_gauge()->add_data_points()).set_as_int(1);
  Histogram* histogram = Metric("latency").mutable_histogram();
  histogram->set_aggregation_temporality(AGGREGATION_TEMPORALITY_CUMULATIVE);
  HistogramDataPoint& point = At(histogram->add_data_points());
  for (int i = 0; i < 40; ++i) {
    Attribute(point.mutable_attributes(), "a" + std::to_string(i), std::string(2000, 'x'));
  }
  for (int i = 0; i < 1000; ++i) point.add_explicit_bounds(i);
  for (int i = 0; i < 1001; ++i) point.add_bucket_counts(0);
  At(Metric("late").mutable_gauge()->add_data_points()).set_as_int(1);
  ASSERT_LT(request_.ByteSizeLong(), 100'000u);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("up", 1)));
  EXPECT_EQ(read_.rejected, 2u) << "what is over is over for the whole request";
  EXPECT_THAT(read_.reason, HasSubstr("send smaller requests"));
}

TEST_F(OtlpMetricsTest, TooManyAttributesAreRejectedBeforeTheyAreLookedAt) {
  NumberDataPoint& point = At(Metric("up").mutable_gauge()->add_data_points());
  point.set_as_int(1);
  for (int i = 0; i < 1000; ++i) Attribute(point.mutable_attributes(), "same", "x");
  EXPECT_THAT(Read(), testing::IsEmpty());
  EXPECT_THAT(read_.reason, HasSubstr("1000 attributes, above the limit of 48"));
}

TEST_F(OtlpMetricsTest, AttributesThatBecomeOneLabelAreJoinedInTheOrderOfTheirNames) {
  NumberDataPoint& point = At(Metric("up").mutable_gauge()->add_data_points());
  point.set_as_int(1);
  Attribute(point.mutable_attributes(), "a_b", "2");
  Attribute(point.mutable_attributes(), "a.b", "1");
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("up{a_b=\"1;2\"}", 1)));
}

TEST_F(OtlpMetricsTest, ASummaryKeepsItsQuantiles) {
  SummaryDataPoint& point = At(Metric("rpc").mutable_summary()->add_data_points());
  point.set_count(4);
  point.set_sum(8);
  auto* quantile = point.add_quantile_values();
  quantile->set_quantile(0.99);
  quantile->set_value(3);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("rpc{quantile=\"0.99\"}", 3), Pair("rpc_sum", 8),
                                           Pair("rpc_count", 4)));
}

TEST_F(OtlpMetricsTest, APointThatSaysNothingWasRecordedEndsItsSeries) {
  NumberDataPoint& point = At(Metric("up").mutable_gauge()->add_data_points());
  point.set_flags(1);
  EXPECT_TRUE(IsStale(Read()["up"]));
}

TEST_F(OtlpMetricsTest, APointThatBreaksARuleIsRejectedAsAWhole) {
  Metric("no.time").mutable_gauge()->add_data_points()->set_as_int(1);
  At(Metric("no.value").mutable_gauge()->add_data_points());
  NumberDataPoint& long_label = At(Metric("long").mutable_gauge()->add_data_points());
  long_label.set_as_int(1);
  Attribute(long_label.mutable_attributes(), "text", std::string(3000, 'x'));
  At(Metric("good").mutable_gauge()->add_data_points()).set_as_int(1);
  EXPECT_THAT(Read(), UnorderedElementsAre(Pair("good", 1)));
  EXPECT_EQ(read_.items, 4u);
  EXPECT_EQ(read_.rejected, 3u);
  EXPECT_EQ(read_.reason, "metric 'no_time': it has no time");
}

}  // namespace
}  // namespace forewarn
