#include "collector/doors/otlp_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "forewarn/foreign/otlp.pb.h"

namespace forewarn {
namespace {

using foreign::otlp::AnyValue;

TEST(OtlpNames, BecomeThoseOfPrometheus) {
  struct {
    const char* name;
    const char* unit;
    OtlpKind kind;
    const char* expected;
  } cases[] = {
      {"http.server.duration", "ms", OtlpKind::kOther, "http_server_duration_milliseconds"},
      {"http.server.requests", "{request}", OtlpKind::kCounter, "http_server_requests_total"},
      {"requests_total", "", OtlpKind::kCounter, "requests_total"},
      {"process.memory.usage", "By", OtlpKind::kOther, "process_memory_usage_bytes"},
      {"memory_bytes", "By", OtlpKind::kGauge, "memory_bytes"},
      {"disk.io", "By/s", OtlpKind::kGauge, "disk_io_bytes_per_second"},
      {"system.cpu.utilization", "1", OtlpKind::kGauge, "system_cpu_utilization_ratio"},
      {"system.cpu.utilization", "1", OtlpKind::kOther, "system_cpu_utilization"},
      {"jobs", "1", OtlpKind::kCounter, "jobs_total"},
      {"io_total", "By", OtlpKind::kCounter, "io_bytes_total"},
      {"odd", "furlong", OtlpKind::kOther, "odd_furlong"},
      {"a  b--c", "", OtlpKind::kGauge, "a_b_c"},
      {"2xx", "", OtlpKind::kCounter, "_2xx_total"},
      {"rule:name", "", OtlpKind::kGauge, "rule:name"},
      {"", "", OtlpKind::kGauge, ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(OtlpMetricName(c.name, c.unit, c.kind), c.expected) << c.name << " " << c.unit;
  }
}

TEST(OtlpNames, AttributesBecomeLabels) {
  EXPECT_EQ(OtlpLabelName("http.method"), "http_method");
  EXPECT_EQ(OtlpLabelName("1st"), "key_1st");
  EXPECT_EQ(OtlpLabelName("__name__"), "key___name__");
  std::vector<Labels::Pair> labels;
  AddOtlpLabel("a.b", "1", labels);
  AddOtlpLabel("a_b", "2", labels);
  AddOtlpLabel("empty", "", labels);
  EXPECT_THAT(labels, testing::ElementsAre(Labels::Pair("a_b", "1;2")));
}

TEST(OtlpNames, ValuesBecomeText) {
  AnyValue value;
  EXPECT_EQ(OtlpText(value), "");
  value.set_string_value("plain");
  EXPECT_EQ(OtlpText(value), "plain");
  value.set_bool_value(true);
  EXPECT_EQ(OtlpText(value), "true");
  value.set_int_value(INT64_MIN);
  EXPECT_EQ(OtlpText(value), "-9223372036854775808");
  value.set_double_value(0.5);
  EXPECT_EQ(OtlpText(value), "0.5");
  value.set_bytes_value("\x01\x02\x03\x04");
  EXPECT_EQ(OtlpText(value), "AQIDBA==");
  auto* list = value.mutable_array_value();
  list->add_values()->set_string_value("a\"\n");
  list->add_values();
  auto* pair = list->add_values()->mutable_kvlist_value()->add_values();
  pair->set_key("k");
  pair->mutable_value()->set_int_value(1);
  EXPECT_EQ(OtlpText(value), R"(["a\"\u000a",null,{"k":1}])");
  value.mutable_array_value()->clear_values();
  EXPECT_EQ(OtlpText(value), "[]");
}

TEST(OtlpNames, NumbersAreWrittenAsPrometheusDoes) {
  EXPECT_EQ(OtlpNumber(0.005), "0.005");
  EXPECT_EQ(OtlpNumber(10), "10");
  EXPECT_EQ(OtlpNumber(INFINITY), "+Inf");
  EXPECT_EQ(OtlpNumber(-INFINITY), "-Inf");
  EXPECT_EQ(OtlpNumber(NAN), "NaN");
}

}  // namespace
}  // namespace forewarn
