#include "collector/doors/bounded_parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/remote_write.pb.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

std::string Times(size_t count, std::string_view part) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += part;
  return out;
}

TEST(BoundedParse, CountsMessagesAndTextsAtAnyDepth) {
  using namespace std::string_view_literals;
  foreign::WriteRequest request;
  EXPECT_TRUE(ParseBounded(Times(kMaxRequestParts, "\x0a\x00"sv), request).ok());
  EXPECT_EQ(request.timeseries_size(), 1'000'000);
  Status refused = ParseBounded(Times(kMaxRequestParts + 1, "\x0a\x00"sv), request);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("more than 1000000 parts; send smaller requests"));
  // A series of a label with an empty name, and of an empty histogram: four parts.
  EXPECT_TRUE(
      ParseBounded(Times(kMaxRequestParts / 4, "\x0a\x06\x0a\x02\x0a\x00\x22\x00"sv), request)
          .ok());
  EXPECT_FALSE(
      ParseBounded(Times(kMaxRequestParts / 4 + 1, "\x0a\x06\x0a\x02\x0a\x00\x22\x00"sv), request)
          .ok());
}

TEST(BoundedParse, CountsWhatItDoesNotKnow) {
  using namespace std::string_view_literals;
  foreign::WriteRequest request;
  for (std::string_view unknown : {"\x7a\x00"sv, "\x78\x00"sv}) {
    EXPECT_TRUE(ParseBounded(Times(kMaxRequestParts, unknown), request).ok());
    EXPECT_EQ(ParseBounded(Times(kMaxRequestParts + 1, unknown), request).code(),
              Code::kResourceExhausted);
  }
  EXPECT_EQ(ParseBounded("\x7b\x7c", request).code(), Code::kInvalidArgument) << "a group";
  EXPECT_EQ(ParseBounded("\x0a\x02\x7b\x7c", request).code(), Code::kInvalidArgument);
}

TEST(BoundedParse, PackedNumbersAreOneText) {
  opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest request;
  auto* record = request.add_resource_logs()->add_scope_logs()->add_log_records();
  record->mutable_body()->set_bytes_value(std::string(5'000'000, '\x0a'));
  std::string bytes = request.SerializeAsString();
  request.Clear();
  EXPECT_TRUE(ParseBounded(bytes, request).ok());
  EXPECT_EQ(request.SerializeAsString(), bytes);
}

TEST(BoundedParse, SaysWhatItIsNot) {
  foreign::WriteRequest request;
  for (const char* bytes : {"\x0a\xff", "\x0a\x02\x0a\x09", "\x0b"}) {
    Status refused = ParseBounded(bytes, request);
    EXPECT_EQ(refused.code(), Code::kInvalidArgument);
    EXPECT_THAT(refused.message(), HasSubstr("not a WriteRequest in protobuf"));
  }
}

TEST(BoundedParse, NothingHidesInTextsThatAreNotJson) {
  std::string hidden = "{'\"':0,\"a\":[" + Times(kMaxRequestParts, "{},") + "{}]}";
  EXPECT_EQ(CheckJsonParts(hidden).code(), Code::kInvalidArgument);
  EXPECT_THAT(CheckJsonParts(hidden).message(), HasSubstr("not JSON: ' at byte 1"));
  EXPECT_TRUE(CheckJsonParts(R"({"it's":"a \"'\" b"})").ok());
}

TEST(BoundedParse, CountsWhatJsonIsMadeOf) {
  EXPECT_TRUE(CheckJsonParts("[" + Times(kMaxRequestParts - 1, "{}")).ok());
  EXPECT_EQ(CheckJsonParts("[" + Times(kMaxRequestParts, "{}")).code(), Code::kResourceExhausted);
  EXPECT_FALSE(CheckJsonParts(Times(kMaxRequestParts + 1, "1,")).ok());
  EXPECT_TRUE(CheckJsonParts("\"\\\"" + Times(kMaxRequestParts + 1, "{") + "\"").ok());
}

}  // namespace
}  // namespace forewarn
