#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collector/ca.h"
#include "collector/calls.h"
#include "collector/desk.h"
#include "collector/metrics.h"
#include "collector/partitions.h"
#include "collector/server.h"
#include "config/collector_settings.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"
#include "store/memory_store.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {

// One service behind the real listener, over a real fold with a memory store. The test may write into `store_`
// before Recover(), and hold up a shard's thread after it.
class ServiceWorld : public testing::Test {
 protected:
  ServiceWorld() {
    CaOptions options;
    options.dir = dir_.path();
    auto ca = CertificateAuthority::Open(options, clock_.Now());
    FW_CHECK(ca.ok());
    ca_ = *std::move(ca);
    settings_.smtp.host = "mail.example.com";
  }
  ~ServiceWorld() override {
    if (server_ != nullptr) server_->Shutdown(Duration(0));
  }

  void Recover(PartitionsOptions options = {}) {
    partitions_ = std::make_unique<Partitions>(
        store_, clock_, std::move(options),
        Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {},
                         [](const Status& status) { FW_CHECK(status.ok()); }});
    ASSERT_TRUE(partitions_->Recover([](size_t, size_t) {}).ok());
    partitions_->Start();
    desk_ = std::make_unique<Desk>(*partitions_, store_, clock_);
  }

  void Serve(std::unique_ptr<grpc::Service> service) {
    service_ = std::move(service);
    Serve(*service_);
  }
  // A loan that outlives the server.
  void Serve(grpc::Service& service) {
    RpcServerOptions options;
    options.server = ca_->server();
    options.client_ca_pem = ca_->ca_pem();
    auto server = RpcServer::Start(options, {&service}, {});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  std::shared_ptr<grpc::Channel> Connect(const KeyAndChain& who = {}) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ca_->ca_pem();
    options.pem_private_key = who.key;
    options.pem_cert_chain = who.chain;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(options), arguments);
  }
  std::shared_ptr<grpc::Channel> ConnectOperator() {
    return Connect(*ca_->IssueOperator(OperatorIdentity{"operator"}, clock_.Now()));
  }

  TempDir dir_;
  SystemClock clock_;
  MemoryStore store_;
  Metrics metrics_;
  CollectorSettings settings_;
  std::unique_ptr<CertificateAuthority> ca_;
  std::unique_ptr<Partitions> partitions_;
  std::unique_ptr<Desk> desk_;
  CallPool calls_{4, 64};
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<RpcServer> server_;
};

// Keeps a thread busy from Wait() on until it is let go, and tells when it has come there.
class Obstacle {
 public:
  ~Obstacle() { LetGo(); }

  void Wait() {
    reached_.set_value();
    free_.get_future().wait();
  }
  void UntilReached() { reached_.get_future().wait(); }
  void LetGo() {
    if (!gone_) free_.set_value();
    gone_ = true;
  }

 private:
  std::promise<void> reached_;
  std::promise<void> free_;
  bool gone_ = false;
};

}  // namespace forewarn
