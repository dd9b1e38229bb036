#include "collector/doors/otlp_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using foreign::otlp::LogRecord;
using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);
constexpr uint64_t kNowNanos = 1'780'000'000'000'000'000;

class OtlpLogsTest : public testing::Test {
 protected:
  OtlpLogsTest() {
    auto* resource = request_.add_resource_logs();
    Attribute(resource->mutable_resource()->mutable_attributes(), "service.name", "shop");
    Attribute(resource->mutable_resource()->mutable_attributes(), "process.pid", "17");
    scope_ = resource->add_scope_logs();
  }
  template <typename List>
  static void Attribute(List* attributes, const std::string& key, const std::string& value) {
    auto* pair = attributes->Add();
    pair->set_key(key);
    pair->mutable_value()->set_string_value(value);
  }
  LogRecord& Record(const std::string& body) {
    LogRecord* record = scope_->add_log_records();
    record->set_time_unix_nano(kNowNanos);
    if (!body.empty()) record->mutable_body()->set_string_value(body);
    return *record;
  }
  std::vector<Event> Read() {
    BatchBuilder builder(TestToken(SourceToken::Door::kOtlp), limits_, kNow);
    read_ = ReadOtlpLogs(request_, kNow, builder);
    std::vector<Event> events;
    for (DoorBatch& each : builder.Take()) {
      for (Event& event : each.batch.events) events.push_back(std::move(event));
    }
    return events;
  }

  LimitSettings limits_;
  ExportLogsServiceRequest request_;
  foreign::otlp::ScopeLogs* scope_;
  OtlpRead read_;
};

TEST_F(OtlpLogsTest, ARecordIsAnEvent) {
  LogRecord& record = Record("connection to 10.0.0.7 refused");
  record.set_severity_number(17);
  record.set_trace_id("\x01\xff");
  Attribute(record.mutable_attributes(), "exception.type", "ConnectError");
  std::vector<Event> events = Read();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].at, kNow);
  EXPECT_EQ(events[0].severity, Severity::kError);
  EXPECT_EQ(events[0].source, "otlp:shop");
  EXPECT_EQ(events[0].code, "ConnectError");
  EXPECT_EQ(events[0].message, "connection to 10.0.0.7 refused");
  EXPECT_EQ(events[0].template_text, "connection to <*> refused");
  EXPECT_THAT(events[0].attributes,
              ElementsAre(Pair("service.name", "shop"), Pair("exception.type", "ConnectError"),
                          Pair("trace_id", "01ff")));
}

TEST_F(OtlpLogsTest, TheSeverityIsOneOfFour) {
  int number = 0;
  for (int in : {1, 9, 12, 13, 16, 17, 20, 21, 24}) {
    Record(std::to_string(++number)).set_severity_number(in);
  }
  for (const char* text : {"FATAL", "Error", "warning", "notice", "CRITICAL"}) {
    Record(std::to_string(++number)).set_severity_text(text);
  }
  std::vector<Severity> found;
  for (const Event& event : Read()) found.push_back(event.severity);
  using enum Severity;
  EXPECT_THAT(found, ElementsAre(kInfo, kInfo, kInfo, kWarning, kWarning, kError, kError, kCritical,
                                 kCritical, kCritical, kError, kWarning, kInfo, kCritical));
}

TEST_F(OtlpLogsTest, TheTimeIsThatOfTheRecordOrOfItsObservationOrNow) {
  Record("a").set_time_unix_nano(0);
  LogRecord& observed = Record("b");
  observed.set_time_unix_nano(0);
  observed.set_observed_time_unix_nano(kNowNanos - 5'000'000'000);
  std::vector<Event> events = Read();
  EXPECT_EQ(events[0].at, kNow);
  EXPECT_EQ(events[1].at, kNow - 5s);
}

TEST_F(OtlpLogsTest, ABodyThatIsNoTextIsJson) {
  auto* list = Record("").mutable_body()->mutable_array_value();
  list->add_values()->set_int_value(1);
  Attribute(Record("").mutable_attributes(), "exception.message", "boom");
  std::vector<Event> events = Read();
  EXPECT_EQ(events[0].message, "[1]");
  EXPECT_EQ(events[1].message, "boom");
}

TEST_F(OtlpLogsTest, EqualRecordsAreOneWithACount) {
  Record("again");
  Record("again");
  std::vector<Event> events = Read();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].count, 2u);
}

TEST_F(OtlpLogsTest, WhatAResourceSaysOfAllItsRecordsTakesNoMoreRoomThanARequestHas) {
  auto* resource = request_.mutable_resource_logs(0)->mutable_resource();
  Attribute(resource->mutable_attributes(), "service.text", std::string(60'000, 'x'));
  for (int i = 0; i < 2000; ++i) Record(std::to_string(i));
  ASSERT_LT(request_.ByteSizeLong(), 200'000u);
  size_t events = Read().size();
  EXPECT_LE(events * 60'000, BatchBuilder::kMaxBytes);
  EXPECT_GE(events, 1000u);
  EXPECT_EQ(read_.rejected, 2000 - events);
  EXPECT_THAT(read_.reason, HasSubstr("send smaller requests"));
  Attribute(resource->mutable_attributes(), "service.more", std::string(60'000, 'x'));
  EXPECT_THAT(Read(), SizeIs(0));
  EXPECT_THAT(read_.reason, HasSubstr("what its resource says has 120"));
}

TEST_F(OtlpLogsTest, WithoutAnyTimeARecordIsAnotherWheneverItComes) {
  Record("again").set_time_unix_nano(0);
  std::vector<Event> events = Read();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].at, kNow);
}

TEST_F(OtlpLogsTest, WhatIsTooLargeOrTooOldIsRejectedAndCounted) {
  Record(std::string(70'000, 'x'));
  Record("old").set_time_unix_nano(kNowNanos - 9ull * 24 * 3600 * 1'000'000'000);
  Record("good");
  EXPECT_THAT(Read(), SizeIs(1));
  EXPECT_EQ(read_.items, 3u);
  EXPECT_EQ(read_.rejected, 2u);
  EXPECT_THAT(read_.reason, HasSubstr("an event of 'otlp:shop': message and attributes have"));
}

}  // namespace
}  // namespace forewarn
