#include "collector/doors/otlp_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"

namespace forewarn {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceResponse;

TEST(OtlpJson, ReadsMetricsWithTheirPeculiarities) {
  ExportMetricsServiceRequest request;
  Status status = ParseOtlpJson(R"({"resourceMetrics":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"scope":{},
      "somethingNew":{"a":[1,2]},"metrics":[{"name":"jobs","sum":{"aggregationTemporality":2,
      "isMonotonic":true,"dataPoints":[{"timeUnixNano":"1780000000000000000","asInt":"9007199254740993"},
      {"timeUnixNano":1780000001000000000,"asDouble":0.5}]}}]}]}]})",
                                request);
  ASSERT_TRUE(status.ok()) << status.ToString();
  const auto& sum = request.resource_metrics(0).scope_metrics(0).metrics(0).sum();
  EXPECT_EQ(sum.aggregation_temporality(), 2);
  EXPECT_TRUE(sum.is_monotonic());
  EXPECT_EQ(sum.data_points(0).as_int(), 9'007'199'254'740'993);
  EXPECT_EQ(sum.data_points(1).time_unix_nano(), 1'780'000'001'000'000'000u);
}

TEST(OtlpJson, IdsAreHexadecimal) {
  ExportLogsServiceRequest request;
  Status status = ParseOtlpJson(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
      {"severityNumber":17,"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174"},
      {"traceId":"nothexatall-____","spanId":""}]}]}]})",
                                request);
  ASSERT_TRUE(status.ok()) << status.ToString();
  const auto& records = request.resource_logs(0).scope_logs(0).log_records();
  EXPECT_EQ(records[0].trace_id(),
            "\x5B\x8E\xFF\xF7\x98\x03\x81\x03\xD2\x69\xB6\x33\x81\x3F\xC6\x0C");
  EXPECT_EQ(records[0].span_id(), "\xEE\xE1\x9B\x7E\xC3\xC1\xB1\x74");
  EXPECT_EQ(records[0].severity_number(), 17);
  EXPECT_EQ(records[1].trace_id(), "");
}

TEST(OtlpJson, RefusesWhatIsNone) {
  ExportMetricsServiceRequest request;
  for (const char* bad :
       {"", "[]", "{", R"({"resourceMetrics":1})",
        R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1.5e}]}]}]})"}) {
    EXPECT_EQ(ParseOtlpJson(bad, request).code(), Code::kInvalidArgument) << bad;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"arrayValue":{"values":[)";
  EXPECT_FALSE(
      ParseOtlpJson(R"({"resourceMetrics":[{"resource":{"attributes":[{"value":)" + deep, request)
          .ok());
}

TEST(OtlpJson, PrintsAnswers) {
  ExportMetricsServiceResponse response;
  EXPECT_EQ(PrintOtlpJson(response), "{}");
  response.mutable_partial_success()->set_rejected_data_points(2);
  EXPECT_EQ(PrintOtlpJson(response), R"({"partialSuccess":{"rejectedDataPoints":"2"}})");
}

}  // namespace
}  // namespace forewarn
