#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "collector/app.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "tests/integration/client_key.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {

// The machine's clock, that can be put forward.
class ForwardClock : public Clock {
 public:
  Timestamp Now() const override { return system_.Now() + forward_.load(); }
  Duration Monotonic() const override { return system_.Monotonic() + forward_.load(); }
  void Forward(Duration by) { forward_ = forward_.load() + by; }

 private:
  const SystemClock system_;
  std::atomic<Duration> forward_ = Duration{0};
};

// A whole collector in this process, on free ports of loopback, and the clients that come to its doors.
class EdgesTest : public testing::Test {
 protected:
  void SetUp() override {
    settings_.data_dir = dir_.path();
    settings_.grpc.listen = "127.0.0.1:0";
    settings_.http.listen = "127.0.0.1:0";
    settings_.limits.max_batch_size = 64 << 10;
    Start();
  }

  void Start() {
    app_ = std::make_unique<App>(settings_, clock_);
    Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }

  std::string FromTls(const std::string& name) { return *ReadFile(dir_.path() + "/tls/" + name); }

  std::shared_ptr<grpc::Channel> Connect(const std::string& key = "",
                                         const std::string& chain = "") {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = FromTls("ca.pem");
    options.pem_private_key = key;
    options.pem_cert_chain = chain;
    // Each test has a collector of its own, so no connection may be taken over from another.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(app_->grpc_address(), grpc::SslCredentials(options),
                                     arguments);
  }
  std::shared_ptr<grpc::Channel> ConnectOperator() {
    return Connect(FromTls("operator-admin.key"), FromTls("operator-admin.pem"));
  }

  std::string MakeToken(int64_t valid_for_ms = 0) {
    v1::CreateTokenRequest request;
    request.set_customer("acme");
    request.set_installation("prod");
    request.set_valid_for_ms(valid_for_ms);
    v1::CreateTokenResponse response;
    grpc::ClientContext context;
    grpc::Status status =
        v1::ProbeService::NewStub(ConnectOperator())->CreateToken(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.token();
  }

  grpc::Status Enrol(const std::string& token, const std::string& csr,
                     v1::EnrolResponse& response) {
    v1::EnrolRequest request;
    request.set_token(token);
    request.set_csr_der(csr);
    request.set_host("web-1");
    grpc::ClientContext context;
    return v1::EnrolmentService::NewStub(Connect())->Enrol(&context, request, &response);
  }

  // A probe that has enrolled.
  std::shared_ptr<grpc::Channel> ConnectProbe() {
    KeyAndRequest made = MakeRequest();
    grpc::Status status = Enrol(MakeToken(), made.csr_der, enrolled_);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return Connect(made.key_pem, enrolled_.certificate_pem());
  }

  static v1::PushRequest Hello() {
    v1::PushRequest request;
    request.mutable_hello()->set_clock_ms(ToMillis(SystemClock().Now()));
    request.mutable_hello()->set_host("web-1");
    request.mutable_hello()->set_version("0.1.0");
    return request;
  }
  static v1::PushRequest Batch(uint64_t sequence) {
    int64_t now = ToMillis(SystemClock().Now());
    v1::PushRequest request;
    v1::Batch* batch = request.mutable_batch();
    batch->set_epoch(7);
    batch->set_sequence(sequence);
    if (sequence == 1) {
      batch->add_series()->add_labels("__name__");
      batch->mutable_series(0)->add_labels("load1");
    }
    v1::SampleColumns* columns = batch->add_samples();
    columns->add_refs(0);
    columns->add_times_ms(now + static_cast<int64_t>(sequence));
    columns->add_values(static_cast<double>(sequence));
    batch->add_rounds()->set_end_ms(now + static_cast<int64_t>(sequence));
    return request;
  }

  // How many samples of acme's `load1` there are in the last `range`, such as 1h; 0 when there is no such series.
  double Samples(const std::string& range) {
    v1::QueryRequest query;
    query.set_customer("acme");
    query.set_expression("count_over_time(load1[" + range + "])");
    query.set_to_ms(ToMillis(clock_.Now() + 1min));
    v1::QueryResponse found;
    grpc::ClientContext context;
    grpc::Status status =
        v1::QueryService::NewStub(ConnectOperator())->Query(&context, query, &found);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return found.series_size() == 1 ? found.series(0).values(0) : 0;
  }

  // The batch that a stream's end names as the reason; empty: none.
  static std::string Refused(const grpc::ClientContext& context) {
    const auto& trailers = context.GetServerTrailingMetadata();
    auto found = trailers.find("forewarn-refused");
    return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  TempDir dir_;
  ForwardClock clock_;
  CollectorSettings settings_;
  std::unique_ptr<App> app_;
  v1::EnrolResponse enrolled_;
};

}  // namespace forewarn
