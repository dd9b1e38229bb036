#include "collector/doors/http_doors.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "collector/doors/bounded_parse.h"
#include "collector/doors/door_keeper.h"
#include "collector/doors/external_alerts.h"
#include "collector/doors/inflate.h"
#include "collector/doors/otlp_json.h"
#include "collector/doors/remote_write.h"
#include "collector/doors/seldom_log.h"
#include "collector/source_tokens.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"

namespace forewarn {
namespace {

using Door = SourceToken::Door;
namespace logs = opentelemetry::proto::collector::logs::v1;
namespace metrics = opentelemetry::proto::collector::metrics::v1;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";
// JSON takes many times its size in memory, and a list of alerts is short.
constexpr int64_t kMaxAlertsBytes = 4 << 20;

unsigned HttpStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk: return 200;
    case Code::kUnauthenticated: return 401;
    case Code::kPermissionDenied: return 403;
    case Code::kResourceExhausted: return 413;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded: return 503;
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition: return 400;
    default: return 500;
  }
}

Status Stopping() { return Unavailable("the collector is starting or stopping; try again later"); }

// `application/json; charset=utf-8` is `application/json` and ` charset=utf-8`.
std::pair<std::string_view, std::string_view> SplitType(std::string_view content_type) {
  size_t mark = content_type.find(';');
  if (mark == std::string_view::npos) return {content_type, {}};
  return {content_type.substr(0, mark), content_type.substr(mark + 1)};
}

// A message as the body of an answer, in the encoding of the request.
HttpResponse Encode(unsigned status, bool is_json, const google::protobuf::Message& message) {
  if (is_json) return {status, PrintOtlpJson(message), std::string(kJson), {}};
  return {status, message.SerializeAsString(), std::string(kProtobuf), {}};
}

// One door; lives as long as its routes.
class HttpDoor {
 public:
  HttpDoor(const HttpDoorParts& parts, Door door)
      : parts_(parts),
        door_(door),
        keeper_(door, parts.tokens, parts.metrics, parts.clock, parts.doors.tokens_without_tls),
        refused_(parts.clock),
        partial_(parts.clock) {}

  // Who may come in, asked before the body is read.
  std::optional<HttpResponse> Admit(const HttpRequest& request) const {
    StatusOr<SourceToken> from = WhoIs(request);
    if (from.ok()) return std::nullopt;
    keeper_.TurnedAway(request, from.status());
    return Failure(request, from.status());
  }

  void RemoteWrite(const HttpRequest& request, const HttpReply& reply) const {
    auto [type, parameters] = SplitType(request.content_type);
    bool says_version = parameters.find("proto=") != std::string_view::npos;
    bool is_first = parameters.find("proto=prometheus.WriteRequest") != std::string_view::npos;
    if (type != kProtobuf || (says_version && !is_first)) {
      return Refuse(reply, {415,
                            "this is not remote write 1.0, which is what is taken here; leave "
                            "protobuf_message at prometheus.WriteRequest\n"});
    }
    if (request.content_encoding != "snappy") {
      return Refuse(reply, {415, "remote write is compressed: Content-Encoding must be snappy\n"});
    }
    StatusOr<SourceToken> from = WhoIs(request);  // revoked meanwhile, perhaps
    if (!from.ok()) return Refuse(reply, Failure(request, from.status()));
    StatusOr<std::string> body = Unsnappy(request.body, MaxBytes());
    if (!body.ok()) return Refuse(reply, Failure(request, body.status()));
    BatchBuilder builder(*from, parts_.limits, parts_.clock.Now());
    if (Status status = ReadRemoteWrite(*body, builder); !status.ok()) {
      return Refuse(reply, Failure(request, status));
    }
    Submit(*from, builder, reply);
  }

  void Alerts(const HttpRequest& request, const HttpReply& reply) const {
    if (SplitType(request.content_type).first != kJson) {
      return Refuse(reply, {415, "alerts are taken as application/json\n"});
    }
    StatusOr<SourceToken> from = WhoIs(request);
    if (!from.ok()) return Refuse(reply, Failure(request, from.status()));
    StatusOr<std::string> body = Plain(request, kMaxAlertsBytes);
    if (!body.ok()) return Refuse(reply, Failure(request, body.status()));
    Timestamp now = parts_.clock.Now();
    BatchBuilder builder(*from, parts_.limits, now);
    if (Status status = ReadExternalAlerts(*body, now, builder); !status.ok()) {
      return Refuse(reply, Failure(request, status));
    }
    Submit(*from, builder, reply);
  }

  template <typename Request>
  void Otlp(const HttpRequest& request, const HttpReply& reply) const {
    bool is_json = SplitType(request.content_type).first == kJson;
    if (!is_json && SplitType(request.content_type).first != kProtobuf) {
      return Refuse(reply, {415, "OTLP is taken as application/x-protobuf or application/json\n"});
    }
    StatusOr<SourceToken> from = WhoIs(request);
    if (!from.ok()) return Refuse(reply, Failure(request, from.status()));
    StatusOr<std::string> body = Plain(request, MaxBytes());
    if (!body.ok()) return Refuse(reply, Failure(request, body.status()));
    Request message;
    Status parsed = is_json ? ParseOtlpJson(*body, message) : ParseBounded(*body, message);
    *body = {};
    if (!parsed.ok()) return Refuse(reply, Failure(request, parsed));
    parts_.otlp.Export(*from, message, [is_json, reply](const OtlpDoor::Answer& answer) {
      reply(answer.status.ok() ? Success(Request(), is_json, answer)
                               : Described(answer.status, is_json));
    });
  }

 private:
  StatusOr<SourceToken> WhoIs(const HttpRequest& request) const {
    return keeper_.WhoIs(request, parts_.intake() != nullptr);
  }

  size_t MaxBytes() const { return static_cast<size_t>(parts_.doors.max_request_size); }

  static StatusOr<std::string> Plain(const HttpRequest& request, size_t limit) {
    if (request.content_encoding == "gzip") return Gunzip(request.body, limit);
    if (!request.content_encoding.empty() && request.content_encoding != "identity") {
      return InvalidArgument("Content-Encoding: gzip is taken, or none");
    }
    if (request.body.size() > limit) {
      return ResourceExhausted(
          fmt::format("the body is longer than {} bytes; send smaller requests", limit));
    }
    return request.body;
  }

  void Count(std::string_view result) const { parts_.metrics.DoorRequestDone(door_, result); }

  void Refuse(const HttpReply& reply, HttpResponse response) const {
    Count(response.status == 503 ? "retry" : "refused");
    if (auto left_out = refused_.Next(fmt::format("http {}", response.status))) {
      FW_LOG(kWarn, "door.refused",
             {{"status", response.status}, {"door", DoorName(door_)}, {"left_out", *left_out}});
    }
    reply(std::move(response));
  }

  HttpResponse Failure(const HttpRequest& request, const Status& status) const {
    if (door_ == Door::kOtlp) {
      return Described(status, SplitType(request.content_type).first == kJson);
    }
    return WithAdvice({HttpStatusOf(status), status.message() + "\n"});
  }

  static HttpResponse Described(const Status& status, bool is_json) {
    foreign::otlp::Status described;
    described.set_code(static_cast<int>(status.code()));
    described.set_message(status.message());
    return WithAdvice(Encode(HttpStatusOf(status), is_json, described));
  }

  static HttpResponse WithAdvice(HttpResponse response) {
    if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
    if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }

  static HttpResponse Success(const metrics::ExportMetricsServiceRequest&, bool is_json,
                              const OtlpDoor::Answer& answer) {
    metrics::ExportMetricsServiceResponse response;
    if (answer.rejected > 0) {
      auto* partial = response.mutable_partial_success();
      partial->set_rejected_data_points(static_cast<int64_t>(answer.rejected));
      partial->set_error_message(answer.message);
    }
    return Encode(200, is_json, response);
  }
  static HttpResponse Success(const logs::ExportLogsServiceRequest&, bool is_json,
                              const OtlpDoor::Answer& answer) {
    logs::ExportLogsServiceResponse response;
    if (answer.rejected > 0) {
      auto* partial = response.mutable_partial_success();
      partial->set_rejected_log_records(static_cast<int64_t>(answer.rejected));
      partial->set_error_message(answer.message);
    }
    return Encode(200, is_json, response);
  }

  // Hands in what was read.
  void Submit(const SourceToken& from, BatchBuilder& builder, const HttpReply& reply) const {
    parts_.metrics.DoorItemsInvalid(door_, builder.refused());
    auto answer = [this, reply, from, invalid = builder.refused(),
                   why = builder.first_reason()](const DoorIntake::Outcome& outcome) {
      reply(Answer(from, outcome, invalid, why));
    };
    DoorIntake* intake = parts_.intake();
    if (intake == nullptr) return answer({Stopping(), {}, 0});
    intake->Submit(from, builder.Take(), std::move(answer));
  }

  HttpResponse Answer(const SourceToken& from, const DoorIntake::Outcome& outcome, uint64_t invalid,
                      const std::string& why) const {
    if (!outcome.status.ok()) {
      Count(outcome.status.code() == Code::kUnavailable ? "retry" : "refused");
      return WithAdvice({HttpStatusOf(outcome.status), outcome.status.message() + "\n"});
    }
    std::string left_out = DoorIntake::Explain(outcome, parts_.limits);
    if (invalid > 0) {
      left_out = fmt::format("{} invalid, the first: {}{}{}", invalid, why,
                             left_out.empty() ? "" : "; ", left_out);
    }
    if (left_out.empty()) {
      Count("accepted");
      return {door_ == Door::kPrometheus ? 204u : 200u, ""};
    }
    Count("partial");
    if (auto lines = partial_.Next(from.source_id)) {
      FW_LOG(kWarn, "door.partial",
             {{"customer", from.customer},
              {"source", from.source},
              {"reason", left_out},
              {"left_out", *lines}});
    }
    bool over_limit = invalid == 0 && outcome.lost() == 0;
    return {over_limit ? 429u : 400u, fmt::format("not stored, the others are: {}\n", left_out)};
  }

  const HttpDoorParts parts_;
  const Door door_;
  const DoorKeeper keeper_;
  mutable SeldomLog refused_;  // by status
  mutable SeldomLog partial_;  // by source
};

}  // namespace

std::vector<HttpRoute> HttpDoors(const HttpDoorParts& parts) {
  auto prometheus = std::make_shared<const HttpDoor>(parts, Door::kPrometheus);
  auto otlp = std::make_shared<const HttpDoor>(parts, Door::kOtlp);
  auto alertmanager = std::make_shared<const HttpDoor>(parts, Door::kAlertmanager);
  std::vector<HttpRoute> routes;
  auto add = [&](const char* path, const std::shared_ptr<const HttpDoor>& door,
                 void (HttpDoor::*handle)(const HttpRequest&, const HttpReply&) const) {
    HttpRoute route{"POST", path};
    route.admit = [door](const HttpRequest& request) { return door->Admit(request); };
    route.later = [door, handle](const HttpRequest& request, const HttpReply& reply) {
      ((*door).*handle)(request, reply);
    };
    route.max_body_bytes = parts.doors.max_request_size;
    route.too_long = "send smaller requests, or raise doors.max_request_size";
    routes.push_back(std::move(route));
  };
  add("/api/v1/write", prometheus, &HttpDoor::RemoteWrite);
  add("/v1/metrics", otlp, &HttpDoor::Otlp<metrics::ExportMetricsServiceRequest>);
  add("/v1/logs", otlp, &HttpDoor::Otlp<logs::ExportLogsServiceRequest>);
  add("/api/v2/alerts", alertmanager, &HttpDoor::Alerts);
  routes.back().max_body_bytes = kMaxAlertsBytes;
  routes.back().too_long = "send fewer alerts at a time";
  return routes;
}

}  // namespace forewarn
