#include "collector/doors/otlp_service.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "collector/rpc.h"
#include "collector/source_tokens.h"
#include "forewarn/foreign/otlp_logs_service.grpc.pb.h"
#include "forewarn/foreign/otlp_metrics_service.grpc.pb.h"

namespace forewarn {
namespace {

namespace logs = opentelemetry::proto::collector::logs::v1;
namespace metrics = opentelemetry::proto::collector::metrics::v1;

constexpr int64_t kRetrySeconds = 1;

// What `unavailable` says beside its sentence: when to come again (google.rpc.RetryInfo).
grpc::Status ToOtlp(const Status& status) {
  grpc::Status plain = ToRpc(status);
  if (status.code() != Code::kUnavailable) return plain;
  foreign::otlp::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(kRetrySeconds);
  foreign::otlp::Status details;
  details.set_code(plain.error_code());
  details.set_message(plain.error_message());
  google::protobuf::Any* any = details.add_details();
  any->set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  any->set_value(retry.SerializeAsString());
  return {plain.error_code(), plain.error_message(), details.SerializeAsString()};
}

StatusOr<SourceToken> WhoIs(const grpc::CallbackServerContext& context,
                            const TokenDirectory& tokens, Timestamp now) {
  const auto& metadata = context.client_metadata();
  auto found = metadata.find("authorization");
  if (found != metadata.end()) {
    return tokens.Check({found->second.data(), found->second.size()}, SourceToken::Door::kOtlp,
                        now);
  }
  FW_ASSIGN_OR_RETURN(ProbeIdentity probe, PeerProbe(context));
  SourceToken from;
  from.door = SourceToken::Door::kOtlp;
  from.customer = probe.customer;
  from.installation = probe.installation;
  from.source = "otlp-" + probe.probe.substr(0, 8);
  from.source_id = OtlpSourceId(probe);
  from.created_by = probe.probe;
  return from;
}

template <typename Request, typename Fill>
grpc::ServerUnaryReactor* Answer(OtlpDoor& door, const TokenDirectory& tokens, const Clock& clock,
                                 grpc::CallbackServerContext* context, const Request& request,
                                 Fill fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  StatusOr<SourceToken> from = WhoIs(*context, tokens, clock.Now());
  if (!from.ok()) {
    reactor->Finish(ToRpc(from.status()));
    return reactor;
  }
  door.Export(*from, request, [reactor, fill](const OtlpDoor::Answer& answer) {
    if (answer.status.ok() && answer.rejected > 0) fill(answer);
    reactor->Finish(ToOtlp(answer.status));
  });
  return reactor;
}

class MetricsService final : public metrics::MetricsService::CallbackService {
 public:
  MetricsService(OtlpDoor& door, const TokenDirectory& tokens, const Clock& clock)
      : door_(door), tokens_(tokens), clock_(clock) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const metrics::ExportMetricsServiceRequest* request,
                                   metrics::ExportMetricsServiceResponse* response) override {
    return Answer(door_, tokens_, clock_, context, *request,
                  [response](const OtlpDoor::Answer& answer) {
                    auto* partial = response->mutable_partial_success();
                    partial->set_rejected_data_points(static_cast<int64_t>(answer.rejected));
                    partial->set_error_message(answer.message);
                  });
  }

 private:
  OtlpDoor& door_;
  const TokenDirectory& tokens_;
  const Clock& clock_;
};

class LogsService final : public logs::LogsService::CallbackService {
 public:
  LogsService(OtlpDoor& door, const TokenDirectory& tokens, const Clock& clock)
      : door_(door), tokens_(tokens), clock_(clock) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const logs::ExportLogsServiceRequest* request,
                                   logs::ExportLogsServiceResponse* response) override {
    return Answer(door_, tokens_, clock_, context, *request,
                  [response](const OtlpDoor::Answer& answer) {
                    auto* partial = response->mutable_partial_success();
                    partial->set_rejected_log_records(static_cast<int64_t>(answer.rejected));
                    partial->set_error_message(answer.message);
                  });
  }

 private:
  OtlpDoor& door_;
  const TokenDirectory& tokens_;
  const Clock& clock_;
};

}  // namespace

std::string OtlpSourceId(const ProbeIdentity& probe) {
  return SourceId(probe.customer, probe.installation, "otlp " + probe.probe);
}

std::vector<std::unique_ptr<grpc::Service>> MakeOtlpServices(OtlpDoor& door,
                                                             const TokenDirectory& tokens,
                                                             const Clock& clock) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<MetricsService>(door, tokens, clock));
  services.push_back(std::make_unique<LogsService>(door, tokens, clock));
  return services;
}

}  // namespace forewarn
