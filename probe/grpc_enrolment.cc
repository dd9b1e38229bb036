#include <grpcpp/grpcpp.h>

#include <chrono>

#include "base/clock.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "probe/enrol.h"
#include "probe/grpc_status.h"

namespace forewarn {
namespace {

constexpr Duration kPatience = 30s;

class GrpcEnrolmentCalls : public EnrolmentCalls {
 public:
  StatusOr<EnrolAnswer> Enrol(const GrpcOptions& collector, const std::string& ca_pem,
                              const std::string& token, const std::string& csr_der,
                              const std::string& host) override {
    v1::EnrolRequest request;
    request.set_token(token);
    request.set_csr_der(csr_der);
    request.set_host(host);
    v1::EnrolResponse response;
    TlsIdentity nobody;
    nobody.ca_pem = ca_pem;
    auto service = Connect(collector, nobody);
    grpc::ClientContext context;
    Prepare(context);
    FW_RETURN_IF_ERROR(FromGrpc(service->Enrol(&context, request, &response)));
    return EnrolAnswer{response.certificate_pem(), response.ca_pem(), response.customer(),
                       response.installation(), response.probe()};
  }

  StatusOr<EnrolAnswer> Renew(const GrpcOptions& collector, const TlsIdentity& identity,
                              const std::string& csr_der) override {
    v1::RenewRequest request;
    request.set_csr_der(csr_der);
    v1::RenewResponse response;
    auto service = Connect(collector, identity);
    grpc::ClientContext context;
    Prepare(context);
    FW_RETURN_IF_ERROR(FromGrpc(service->Renew(&context, request, &response)));
    return EnrolAnswer{response.certificate_pem(), response.ca_pem(), "", "", ""};
  }

 private:
  static std::unique_ptr<v1::EnrolmentService::Stub> Connect(const GrpcOptions& collector,
                                                             const TlsIdentity& identity) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = identity.ca_pem;
    tls.pem_cert_chain = identity.certificate_pem;
    tls.pem_private_key = identity.key_pem;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    if (!collector.server_name.empty()) arguments.SetSslTargetNameOverride(collector.server_name);
    return v1::EnrolmentService::NewStub(
        grpc::CreateCustomChannel(collector.collector, grpc::SslCredentials(tls), arguments));
  }

  static void Prepare(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::time_point(SystemClock().Now() + kPatience));
  }
};

}  // namespace

std::unique_ptr<EnrolmentCalls> MakeGrpcEnrolmentCalls() {
  return std::make_unique<GrpcEnrolmentCalls>();
}

}  // namespace forewarn
