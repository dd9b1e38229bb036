#include "collector/doors/otlp_service.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

#include "base/record.h"
#include "collector/x509.h"
#include "forewarn/foreign/otlp_metrics_service.grpc.pb.h"
#include "tests/unit/collector/doors/fake_sink.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

namespace metrics = opentelemetry::proto::collector::metrics::v1;
using testing::HasSubstr;

constexpr Duration kLong = 60s;

// OTLP's services behind the real listener, with one thread for what is exported.
class OtlpServiceTest : public ServiceWorld {
 protected:
  OtlpServiceTest() {
    SourceToken token = TestToken(SourceToken::Door::kOtlp);
    token.hash = Sha256Hex(text_);
    tokens_.Keep(token.hash, EncodeRecord(token));
    services_ = MakeOtlpServices(door_, tokens_, exports_, clock_);
    RpcServerOptions options;
    options.check_token = [this](std::string_view authorization) {
      return tokens_.Check(authorization, SourceToken::Door::kOtlp, clock_.Now()).status();
    };
    options.server = ca_->server();
    options.client_ca_pem = ca_->ca_pem();
    server_ = *RpcServer::Start(options, {services_[0].get(), services_[1].get()}, {});
    channel_ = Connect();
  }
  ~OtlpServiceTest() override {
    obstacle_.LetGo();
    server_->Shutdown(Duration(0));
    server_.reset();
  }

  std::unique_ptr<grpc::ClientContext> Context() const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + kLong);
    context->AddMetadata("authorization", "Bearer " + text_);
    return context;
  }

  DoorIntake* Take() {
    if (busy_) {
      busy_ = false;
      obstacle_.Wait();
    }
    return &intake_;
  }

  const std::string text_ = MakeSourceToken();
  TokenDirectory tokens_;
  LimitSettings limits_;
  FakeSink sink_;
  DoorIntake intake_{sink_, metrics_, clock_, limits_};
  std::atomic<bool> busy_ = true;  // the first export finds an obstacle
  Obstacle obstacle_;
  OtlpDoor door_{[this] { return Take(); }, metrics_, clock_, limits_};
  FairPool exports_{1, 16, 16 << 20};
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(OtlpServiceTest, WhatIsLongToReadHoldsUpNoThreadOfTheServer) {
  auto client = metrics::MetricsService::NewStub(channel_);
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    metrics::ExportMetricsServiceRequest request;
    metrics::ExportMetricsServiceResponse response;
  };
  std::list<Call> calls;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<grpc::Status> answers;
  auto begin = [&] {
    Call& call = calls.emplace_back();
    call.context = Context();
    client->async()->Export(call.context.get(), &call.request, &call.response,
                            [&](const grpc::Status& status) {
                              std::lock_guard lock(mutex);
                              answers.push_back(status);
                              changed.notify_all();
                            });
  };
  auto await = [&](size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kLong, [&] { return answers.size() >= count; });
  };
  begin();
  obstacle_.UntilReached();
  // Of a source, four may wait. The others are told at once to come again, while the first is held up still.
  for (int i = 0; i < 20; ++i) begin();
  EXPECT_TRUE(await(16));
  {
    std::lock_guard lock(mutex);
    EXPECT_EQ(answers.size(), 16u);
    for (const grpc::Status& answer : answers) {
      EXPECT_EQ(answer.error_code(), grpc::StatusCode::UNAVAILABLE);
      EXPECT_THAT(answer.error_message(), HasSubstr("send it again in a moment"));
      EXPECT_THAT(answer.error_details(), HasSubstr("google.rpc.RetryInfo"));
    }
  }
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("forewarn_door_requests_total{door=\"otlp\",result=\"retry\"} 16"));
  obstacle_.LetGo();
  ASSERT_TRUE(await(21));
  for (size_t i = 16; i < 21; ++i) EXPECT_TRUE(answers[i].ok()) << answers[i].error_message();
}

}  // namespace
}  // namespace forewarn
