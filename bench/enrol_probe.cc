#include "bench/enrol_probe.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/file.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "probe/crypto.h"
#include "probe/enrol.h"

namespace forewarn::bench {
namespace {

constexpr int kTriesMax = 100;
constexpr std::chrono::milliseconds kBetweenTries(100);

StatusOr<std::string> MakeToken(const std::string& collector, const std::string& tls,
                                const std::string& customer) {
  grpc::SslCredentialsOptions files;
  FW_ASSIGN_OR_RETURN(files.pem_root_certs, ReadFile(tls + "/ca.pem"));
  FW_ASSIGN_OR_RETURN(files.pem_cert_chain, ReadFile(tls + "/operator-admin.pem"));
  FW_ASSIGN_OR_RETURN(files.pem_private_key, ReadFile(tls + "/operator-admin.key"));
  auto service =
      v1::ProbeService::NewStub(grpc::CreateChannel(collector, grpc::SslCredentials(files)));
  v1::CreateTokenRequest request;
  request.set_customer(customer);
  request.set_installation("main");
  v1::CreateTokenResponse response;
  grpc::ClientContext context;
  grpc::Status status = service->CreateToken(&context, request, &response);
  if (!status.ok()) return Unavailable("asking for a token: " + status.error_message());
  return response.token();
}

}  // namespace

StatusOr<EnrolledProbe> EnrolProbe(const std::string& collector, const std::string& tls,
                                   const std::string& customer, const std::string& host) {
  FW_ASSIGN_OR_RETURN(std::string ca, ReadFile(tls + "/ca.pem"));
  FW_ASSIGN_OR_RETURN(std::string token, MakeToken(collector, tls, customer));
  FW_ASSIGN_OR_RETURN(KeyAndRequest key, MakeKeyAndRequest());
  GrpcOptions options{collector, ""};
  const auto calls = MakeGrpcEnrolmentCalls();
  StatusOr<EnrolAnswer> enrolled = calls->Enrol(options, ca, token, key.csr_der, host);
  // So many at once are asked to come again.
  for (int i = 0; i < kTriesMax && enrolled.status().code() == Code::kResourceExhausted; ++i) {
    std::this_thread::sleep_for(kBetweenTries);
    enrolled = calls->Enrol(options, ca, token, key.csr_der, host);
  }
  FW_ASSIGN_OR_RETURN(EnrolAnswer answer, std::move(enrolled));
  return EnrolledProbe{std::move(options),
                       {answer.ca_pem, answer.certificate_pem, std::move(key.key_pem)}};
}

}  // namespace forewarn::bench
