#include "collector/doors/otlp_service.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "collector/doors/bounded_parse.h"
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

void SayPartial(metrics::ExportMetricsServiceResponse& response, const OtlpDoor::Answer& answer) {
  auto* partial = response.mutable_partial_success();
  partial->set_rejected_data_points(static_cast<int64_t>(answer.rejected));
  partial->set_error_message(answer.message);
}
void SayPartial(logs::ExportLogsServiceResponse& response, const OtlpDoor::Answer& answer) {
  auto* partial = response.mutable_partial_success();
  partial->set_rejected_log_records(static_cast<int64_t>(answer.rejected));
  partial->set_error_message(answer.message);
}

// One service. `Base` hands over the bytes of a request, so that nothing is made of what a stranger sends,
// nor of what would grow as it is read.
template <typename Base, typename Request, typename Response>
class ExportService final : public Base {
 public:
  ExportService(OtlpDoor& door, const TokenDirectory& tokens, FairPool& exports, const Clock& clock)
      : door_(door), tokens_(tokens), exports_(exports), clock_(clock) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    StatusOr<SourceToken> from = WhoIs(*context, tokens_, clock_.Now());
    if (!from.ok()) {
      reactor->Finish(ToRpc(from.status()));
      return reactor;
    }
    auto take = [this, reactor, from = *from, request, response] {
      Take(from, *request, *response, reactor);
    };
    if (!exports_.Run(from->source_id, request->Length(), std::move(take))) {
      reactor->Finish(ToOtlp(door_.NoRoom()));
    }
    return reactor;
  }

 private:
  void Take(const SourceToken& from, const grpc::ByteBuffer& request, grpc::ByteBuffer& response,
            grpc::ServerUnaryReactor* reactor) {
    Request message;
    if (Status status = Read(request, message); !status.ok()) {
      reactor->Finish(ToRpc(status));
      return;
    }
    door_.Export(from, message, [reactor, &response](const OtlpDoor::Answer& answer) {
      Response said;
      if (answer.status.ok() && answer.rejected > 0) SayPartial(said, answer);
      grpc::Slice slice(said.SerializeAsString());
      response = grpc::ByteBuffer(&slice, 1);
      reactor->Finish(ToOtlp(answer.status));
    });
  }
  static Status Read(const grpc::ByteBuffer& request, Request& message) {
    grpc::Slice whole;
    if (!request.DumpToSingleSlice(&whole).ok()) {
      return InvalidArgument("the request did not come as a whole");
    }
    return ParseBounded({reinterpret_cast<const char*>(whole.begin()), whole.size()}, message);
  }

  OtlpDoor& door_;
  const TokenDirectory& tokens_;
  FairPool& exports_;
  const Clock& clock_;
};

using MetricsService = ExportService<
    metrics::MetricsService::WithRawCallbackMethod_Export<metrics::MetricsService::Service>,
    metrics::ExportMetricsServiceRequest, metrics::ExportMetricsServiceResponse>;
using LogsService =
    ExportService<logs::LogsService::WithRawCallbackMethod_Export<logs::LogsService::Service>,
                  logs::ExportLogsServiceRequest, logs::ExportLogsServiceResponse>;

}  // namespace

std::string OtlpSourceId(const ProbeIdentity& probe) {
  return SourceId(probe.customer, probe.installation, "otlp " + probe.probe);
}

std::vector<std::unique_ptr<grpc::Service>> MakeOtlpServices(OtlpDoor& door,
                                                             const TokenDirectory& tokens,
                                                             FairPool& exports,
                                                             const Clock& clock) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<MetricsService>(door, tokens, exports, clock));
  services.push_back(std::make_unique<LogsService>(door, tokens, exports, clock));
  return services;
}

}  // namespace forewarn
