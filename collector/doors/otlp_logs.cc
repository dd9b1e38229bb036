#include "collector/doors/otlp_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "collector/doors/otlp_names.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "model/message_template.h"

namespace forewarn {
namespace {

using foreign::otlp::KeyValue;
using foreign::otlp::LogRecord;
using foreign::otlp::ResourceLogs;
using foreign::otlp::ScopeLogs;

constexpr uint64_t kNanosInMilli = 1'000'000;
constexpr size_t kMaxSourceBytes =
    256;  // BatchBuilder cuts at a character's border; this is no less

Severity SeverityOf(const LogRecord& record) {
  int number = record.severity_number();
  if (number >= 21) return Severity::kCritical;
  if (number >= 17) return Severity::kError;
  if (number >= 13) return Severity::kWarning;
  if (number >= 1) return Severity::kInfo;
  std::string text = record.severity_text().substr(0, 5);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  });
  for (const char* word : {"fatal", "crit", "alert", "emerg", "panic"}) {
    if (text.starts_with(word)) return Severity::kCritical;
  }
  if (text.starts_with("err")) return Severity::kError;
  if (text.starts_with("warn")) return Severity::kWarning;
  return Severity::kInfo;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

bool SaysWhere(std::string_view attribute) {
  return attribute.starts_with("service.") || attribute == "host.name" ||
         attribute.starts_with("deployment.environment");
}

Timestamp TimeOf(const LogRecord& record, Timestamp now) {
  uint64_t nanos =
      record.time_unix_nano() != 0 ? record.time_unix_nano() : record.observed_time_unix_nano();
  return nanos == 0 ? now : FromMillis(static_cast<int64_t>(nanos / kNanosInMilli));
}

Event EventOf(const LogRecord& record, const Attributes& where, const std::string& source,
              Timestamp now) {
  Event event;
  event.at = TimeOf(record, now);
  event.severity = SeverityOf(record);
  event.source = source;
  event.code = record.event_name();
  event.message = OtlpText(record.body());
  event.attributes = where;
  std::string exception;
  for (const KeyValue& attribute : record.attributes()) {
    std::string value = OtlpText(attribute.value());
    if (attribute.key() == "exception.type") event.code = value;
    if (attribute.key() == "exception.message") exception = value;
    if (!attribute.key().empty()) event.attributes.emplace_back(attribute.key(), std::move(value));
  }
  if (event.message.empty()) event.message = std::move(exception);
  if (!record.trace_id().empty()) event.attributes.emplace_back("trace_id", Hex(record.trace_id()));
  if (!record.span_id().empty()) event.attributes.emplace_back("span_id", Hex(record.span_id()));
  event.template_text = MessageTemplate(event.message);
  return event;
}

// Whether events that say all this may be.
Status WhereFits(const Attributes& where, size_t bytes, const LimitSettings& limits) {
  if (std::cmp_greater(bytes, limits.event_size)) {
    return ResourceExhausted(fmt::format(
        "what its resource says has {} bytes, above the limit of {}; shorten it at the source, or "
        "raise limits.event_size",
        bytes, limits.event_size));
  }
  if (std::cmp_greater(where.size(), limits.labels_per_series)) {
    return ResourceExhausted(fmt::format(
        "its resource has {} attributes, above the limit of {}; drop some at the source, or raise "
        "limits.labels_per_series",
        where.size(), limits.labels_per_series));
  }
  return OkStatus();
}

}  // namespace

OtlpRead ReadOtlpLogs(
    const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request,
    Timestamp now, BatchBuilder& out) {
  OtlpRead read;
  for (const ResourceLogs& resource : request.resource_logs()) {
    std::string service;
    Attributes where;
    size_t where_bytes = 0;
    for (const KeyValue& attribute : resource.resource().attributes()) {
      if (!SaysWhere(attribute.key())) continue;
      std::string value = OtlpText(attribute.value());
      if (attribute.key() == "service.name") service = value.substr(0, kMaxSourceBytes);
      where_bytes += attribute.key().size() + value.size();
      where.emplace_back(attribute.key(), std::move(value));
    }
    Status fits = WhereFits(where, where_bytes, out.limits());
    for (const ScopeLogs& scope : resource.scope_logs()) {
      std::string name =
          service.empty() ? scope.scope().name().substr(0, kMaxSourceBytes) : service;
      std::string source = name.empty() ? "otlp" : "otlp:" + name;
      for (const LogRecord& record : scope.log_records()) {
        ++read.items;
        // What could not be taken is not made first: each record has what its resource says.
        Status room = fits.ok() ? out.room() : fits;
        if (room.ok()) {
          out.AddEvent(EventOf(record, where, source, now));
        } else {
          out.Refuse(1, room.message());
        }
      }
    }
  }
  read.rejected = out.refused();
  read.reason = out.first_reason();
  return read;
}

}  // namespace forewarn
