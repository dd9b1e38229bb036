#include "collector/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <string_view>

#include "base/log.h"
#include "collector/access.h"
#include "collector/rpc.h"

namespace forewarn {
namespace {

constexpr std::string_view kReflection = "/grpc.reflection.";

// Stands before every handler. gRPC hands it the path of the call among the metadata.
class DoorKeeper : public grpc::AuthMetadataProcessor {
 public:
  DoorKeeper(bool reflection, std::function<Status(std::string_view)> check_token)
      : reflection_(reflection), check_token_(std::move(check_token)) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* auth, OutputMetadata*,
                       OutputMetadata*) override {
    auto path = metadata.find(":path");
    std::string_view method;
    if (path != metadata.end()) method = {path->second.data(), path->second.size()};
    Status outcome = CheckAccess(method, PeerUris(*auth)).status();
    auto token = metadata.find("authorization");
    if (token != metadata.end() && check_token_ && IsOpenToTokens(method)) {
      outcome = check_token_({token->second.data(), token->second.size()});
    }
    // The library serves it wherever it is linked, so that the door alone can close it.
    if (outcome.ok() && !reflection_ && method.starts_with(kReflection)) {
      outcome = PermissionDenied(
          "reflection is off; set `grpc.reflection: true` in the collector's settings and restart "
          "it");
    }
    if (outcome.ok()) return grpc::Status::OK;
    FW_LOG(kWarn, "call.refused", {{"method", method}, {"reason", outcome.message()}});
    return ToRpc(outcome);
  }

 private:
  const bool reflection_;
  const std::function<Status(std::string_view)> check_token_;
};

}  // namespace

struct RpcServer::Impl {
  std::unique_ptr<grpc::Server> server;
  std::vector<std::string> names;
  std::string address;
};

StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const RpcServerOptions& options, const std::vector<grpc::Service*>& services,
    const std::vector<std::string>& service_names) {
  grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = options.client_ca_pem;
  tls.pem_key_cert_pairs = {{options.server.key, options.server.chain}};
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::SslServerCredentials(tls);
  credentials->SetAuthMetadataProcessor(
      std::make_shared<DoorKeeper>(options.reflection, options.check_token));

  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, credentials, &port);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  // Two collectors on one port would each see half of the probes.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 100);
  // A probe behind a NAT that forgot it is noticed within a minute and a half; probes may ping
  // every 10 s.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  grpc::ResourceQuota quota("forewarn");
  quota.Resize(static_cast<size_t>(options.memory_bytes));
  builder.SetResourceQuota(quota);
  for (grpc::Service* service : services) builder.RegisterService(service);

  auto impl = std::make_unique<Impl>();
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return Unavailable(
        fmt::format("listening for gRPC on {} failed; is another collector running, or is "
                    "grpc.listen not an address "
                    "of this host?",
                    options.listen));
  }
  impl->names = service_names;
  impl->address = options.listen.substr(0, options.listen.rfind(':') + 1) + std::to_string(port);
  std::unique_ptr<RpcServer> started(new RpcServer(std::move(impl)));
  started->SetServing(false);
  return started;
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() { Shutdown(Duration(0)); }

const std::string& RpcServer::address() const { return impl_->address; }

void RpcServer::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = impl_->server->GetHealthCheckService();
  health->SetServingStatus("", serving);
  for (const std::string& name : impl_->names) health->SetServingStatus(name, serving);
}

void RpcServer::Shutdown(Duration patience) {
  SetServing(false);
  impl_->server->Shutdown(std::chrono::system_clock::now() + patience);
  impl_->server->Wait();
}

std::string LocalAddress(const std::string& address) {
  size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  bool anywhere = host == "0.0.0.0" || host == "[::]";
  return anywhere ? "localhost" + address.substr(colon) : address;
}

}  // namespace forewarn
