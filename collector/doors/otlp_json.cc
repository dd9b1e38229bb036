#include "collector/doors/otlp_json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include "collector/doors/bounded_parse.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"

namespace forewarn {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexBehindBase64(std::string_view bytes) {
  // Each three bytes were four digits; ids are a multiple of that long.
  if (bytes.size() % 3 != 0) return "";
  std::string digits;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t j = 0; j < 3; ++j) three = three << 8 | static_cast<unsigned char>(bytes[i + j]);
    for (int shift = 18; shift >= 0; shift -= 6) digits.push_back(kBase64[three >> shift & 63]);
  }
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 2) {
    int high = HexDigit(digits[i]);
    int low = HexDigit(digits[i + 1]);
    if (high < 0 || low < 0) return "";
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

Status ParseOtlpJson(std::string_view text, google::protobuf::Message& message) {
  FW_RETURN_IF_ERROR(CheckJsonParts(text));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &message, options);
  if (!status.ok()) {
    return InvalidArgument("the body is not OTLP in JSON: " + std::string(status.message()));
  }
  auto* logs = dynamic_cast<ExportLogsServiceRequest*>(&message);
  if (logs == nullptr) return OkStatus();
  for (auto& resource : *logs->mutable_resource_logs()) {
    for (auto& scope : *resource.mutable_scope_logs()) {
      for (auto& record : *scope.mutable_log_records()) {
        record.set_trace_id(HexBehindBase64(record.trace_id()));
        record.set_span_id(HexBehindBase64(record.span_id()));
      }
    }
  }
  return OkStatus();
}

std::string PrintOtlpJson(const google::protobuf::Message& message) {
  std::string out;
  if (!google::protobuf::util::MessageToJsonString(message, &out).ok()) return "{}";
  return out;
}

}  // namespace forewarn
