// The collector's doors, from outside: a whole collector in this process, on free ports of
// loopback, and clients that come with a good certificate, a stranger's, none, a used token, a
// batch beyond its limit.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

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
namespace {

using testing::HasSubstr;

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

  // The batch that a stream's end names as the reason; empty: none.
  static std::string Refused(const grpc::ClientContext& context) {
    const auto& trailers = context.GetServerTrailingMetadata();
    auto found = trailers.find("forewarn-refused");
    return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  TempDir dir_;
  SystemClock clock_;
  CollectorSettings settings_;
  std::unique_ptr<App> app_;
  v1::EnrolResponse enrolled_;
};

TEST_F(EdgesTest, AProbeEnrolsPushesAndIsQueried) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  EXPECT_EQ(enrolled_.customer(), "acme");
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.welcome().sequence(), 0u);
  EXPECT_GT(response.welcome().max_in_flight(), 0u);
  for (uint64_t sequence = 1; sequence <= 20; ++sequence)
    ASSERT_TRUE(stream->Write(Batch(sequence)));
  do {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.ack().epoch(), 7u);
  } while (response.ack().sequence() < 20);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());

  v1::QueryRequest query;
  query.set_customer("acme");
  query.set_expression("count_over_time(load1[1h])");
  query.set_to_ms(ToMillis(clock_.Now() + 1min));
  v1::QueryResponse found;
  grpc::ClientContext query_context;
  grpc::Status status =
      v1::QueryService::NewStub(ConnectOperator())->Query(&query_context, query, &found);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(found.series_size(), 1);
  EXPECT_EQ(found.series(0).values(0), 20);
}

TEST_F(EdgesTest, AWelcomeSaysWhatIsDurableAndARepeatedBatchIsAcknowledged) {
  auto channel = ConnectProbe();
  auto client = v1::IngestService::NewStub(channel);
  for (int round = 0; round < 2; ++round) {
    grpc::ClientContext context;
    auto stream = client->Push(&context);
    v1::PushResponse response;
    ASSERT_TRUE(stream->Write(Hello()));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.welcome().sequence(), round == 0 ? 0u : 1u);
    ASSERT_TRUE(stream->Write(Batch(1)));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.ack().sequence(), 1u);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_F(EdgesTest, WhatWasAcknowledgedIsThereAfterARestart) {
  KeyAndRequest made = MakeRequest();
  ASSERT_TRUE(Enrol(MakeToken(), made.csr_der, enrolled_).ok());
  v1::PushOnceRequest once;
  *once.mutable_hello() = Hello().hello();
  *once.mutable_batch() = Batch(1).batch();
  v1::PushResponse response;
  grpc::ClientContext context;
  grpc::Status status =
      v1::IngestService::NewStub(Connect(made.key_pem, enrolled_.certificate_pem()))
          ->PushOnce(&context, once, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.ack().sequence(), 1u);
  app_->Stop();
  app_.reset();
  Start();
  auto client = v1::IngestService::NewStub(Connect(made.key_pem, enrolled_.certificate_pem()));
  grpc::ClientContext again;
  auto stream = client->Push(&again);
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.welcome().epoch(), 7u);
  EXPECT_EQ(response.welcome().sequence(), 1u);
}

TEST_F(EdgesTest, WithoutACertificateOnlyEnrolAndHealthAreOpen) {
  v1::ListProbesResponse probes;
  grpc::ClientContext list;
  grpc::Status status = v1::ProbeService::NewStub(Connect())->ListProbes(&list, {}, &probes);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("certificate"));

  grpc::ClientContext push;
  auto stream = v1::IngestService::NewStub(Connect())->Push(&push);
  v1::PushResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(EdgesTest, AProbesCertificateIsNotAnOperators) {
  v1::ListTicketsResponse tickets;
  grpc::ClientContext context;
  grpc::Status status =
      v1::TicketService::NewStub(ConnectProbe())->ListTickets(&context, {}, &tickets);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("operators"));
}

TEST_F(EdgesTest, AStrangersCertificateDoesNotConnect) {
  TempDir elsewhere;
  CaOptions options;
  options.dir = elsewhere.path();
  auto stranger = CertificateAuthority::Open(options, clock_.Now());
  ASSERT_TRUE(stranger.ok());
  KeyAndChain forged = *(*stranger)->IssueOperator(OperatorIdentity{"admin"}, clock_.Now());
  v1::ListProbesResponse probes;
  grpc::ClientContext context;
  grpc::Status status = v1::ProbeService::NewStub(Connect(forged.key, forged.chain))
                            ->ListProbes(&context, {}, &probes);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(EdgesTest, ATokenIsGoodOnceForItsTimeAndItsCollector) {
  KeyAndRequest made = MakeRequest();
  v1::EnrolResponse response;
  std::string token = MakeToken();
  EXPECT_TRUE(Enrol(token, made.csr_der, response).ok());
  grpc::Status used = Enrol(token, made.csr_der, response);
  EXPECT_EQ(used.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(used.error_message(), HasSubstr("used"));

  std::string brief = MakeToken(1);
  Timestamp made_at = clock_.Now();
  while (clock_.Now() <= made_at + 1ms) {
  }
  grpc::Status expired = Enrol(brief, made.csr_der, response);
  EXPECT_EQ(expired.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(expired.error_message(), HasSubstr("expired"));

  std::string foreign = MakeToken();
  foreign.back() = foreign.back() == '0' ? '1' : '0';
  EXPECT_THAT(Enrol(foreign, made.csr_der, response).error_message(),
              HasSubstr("another collector"));
  EXPECT_THAT(Enrol("hello", made.csr_der, response).error_message(),
              HasSubstr("not an enrolment token"));
}

TEST_F(EdgesTest, ABadRequestDoesNotUseUpTheToken) {
  std::string token = MakeToken();
  v1::EnrolResponse response;
  grpc::Status status = Enrol(token, "not a request", response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Enrol(token, MakeRequest().csr_der, response).ok());
}

TEST_F(EdgesTest, ABatchBeyondItsLimitIsRefusedWithTheLimitAndTheRemedy) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  v1::PushRequest large = Batch(1);
  for (int i = 0; i < 10; ++i) {
    v1::Event* event = large.mutable_batch()->add_events();
    event->set_source("log:a");
    event->set_count(1);
    event->set_message(std::string(10'000, 'x'));
  }
  ASSERT_TRUE(stream->Write(large));
  EXPECT_FALSE(stream->Read(&response));
  grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("above the limit of 65536"));
  EXPECT_THAT(status.error_message(), HasSubstr("limits.max_batch_size"));
  EXPECT_EQ(Refused(context), "7/1");
}

TEST_F(EdgesTest, ABatchThatBreaksTheRulesIsNamedInTheTrailer) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Write(Batch(1)));
  v1::PushRequest bad = Batch(2);
  bad.mutable_batch()->add_events()->set_source("x");  // with a count of 0
  ASSERT_TRUE(stream->Write(bad));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Refused(context), "7/2");
}

TEST_F(EdgesTest, ARoundFarAheadIsLeftOutAndSaidInTheAck) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  v1::PushRequest ahead = Batch(1);
  ahead.mutable_batch()->add_rounds()->set_end_ms(4'000'000'000'000);
  ASSERT_TRUE(stream->Write(ahead));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  ASSERT_EQ(response.ack().refusals_size(), 1);
  EXPECT_EQ(response.ack().refusals(0).reason(), "too_new");
  EXPECT_EQ(response.ack().refusals(0).count(), 1u);
  EXPECT_THAT(response.ack().refusals(0).detail(), HasSubstr("limits.accepted_future"));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(EdgesTest, ANewerStreamOfAProbeTakesOver) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  v1::PushResponse response;
  grpc::ClientContext older_context;
  auto older = client->Push(&older_context);
  ASSERT_TRUE(older->Write(Hello()));
  ASSERT_TRUE(older->Read(&response));
  grpc::ClientContext context;
  auto newer = client->Push(&context);
  ASSERT_TRUE(newer->Write(Hello()));
  ASSERT_TRUE(newer->Read(&response));

  EXPECT_FALSE(older->Read(&response));
  grpc::Status status = older->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("a newer stream of this probe took over"));
  EXPECT_EQ(Refused(older_context), "");

  ASSERT_TRUE(newer->Write(Batch(1)));
  ASSERT_TRUE(newer->Read(&response));
  EXPECT_EQ(response.ack().sequence(), 1u);
  newer->WritesDone();
  EXPECT_TRUE(newer->Finish().ok());
}

TEST_F(EdgesTest, ABatchBeforeTheHelloEndsTheStream) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Batch(1)));
  EXPECT_FALSE(stream->Read(&response));
  grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("hello"));
  EXPECT_EQ(Refused(context), "");  // the stream was at fault, not the batch
}

TEST_F(EdgesTest, ARetiredProbeIsRefused) {
  auto channel = ConnectProbe();
  v1::RetireProbeRequest retire;
  retire.set_probe(enrolled_.probe());
  v1::RetireProbeResponse retired;
  grpc::ClientContext context;
  ASSERT_TRUE(
      v1::ProbeService::NewStub(ConnectOperator())->RetireProbe(&context, retire, &retired).ok());
  grpc::ClientContext push;
  auto stream = v1::IngestService::NewStub(channel)->Push(&push);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);

  v1::RenewRequest renew;
  renew.set_csr_der(MakeRequest().csr_der);
  v1::RenewResponse renewed;
  grpc::ClientContext renewal;
  EXPECT_EQ(v1::EnrolmentService::NewStub(channel)->Renew(&renewal, renew, &renewed).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(EdgesTest, ACertificateIsRenewedWithTheSameIdentity) {
  auto channel = ConnectProbe();
  KeyAndRequest made = MakeRequest();
  v1::RenewRequest renew;
  renew.set_csr_der(made.csr_der);
  v1::RenewResponse renewed;
  grpc::ClientContext context;
  grpc::Status status = v1::EnrolmentService::NewStub(channel)->Renew(&context, renew, &renewed);
  ASSERT_TRUE(status.ok()) << status.error_message();
  auto client = v1::IngestService::NewStub(Connect(made.key_pem, renewed.certificate_pem()));
  grpc::ClientContext push;
  auto stream = client->Push(&push);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  EXPECT_TRUE(stream->Read(&response));
}

TEST_F(EdgesTest, StoppingEndsStreamsAfterTheirAcks) {
  auto client = v1::IngestService::NewStub(ConnectProbe());
  grpc::ClientContext context;
  auto stream = client->Push(&context);
  v1::PushResponse response;
  ASSERT_TRUE(stream->Write(Hello()));
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Write(Batch(1)));
  ASSERT_TRUE(stream->Read(&response));
  app_->Stop();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(EdgesTest, ABundleWithMistakesIsRefusedWholeAndAGoodOneApplied) {
  auto client = v1::BundleService::NewStub(ConnectOperator());
  v1::ApplyRequest bad;
  v1::File* file = bad.add_files();
  file->set_path("rules/disk.yaml");
  file->set_text("groups:\n- name: disk\n  rules:\n  - alert: Full\n    expr: rat(x[5m]) < 0\n");
  v1::ApplyResponse applied;
  grpc::ClientContext first;
  grpc::Status status = client->Apply(&first, bad, &applied);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("rules/disk.yaml:5:"));

  v1::ApplyRequest good = bad;
  good.mutable_files(0)->set_text(
      "groups:\n- name: disk\n  rules:\n  - alert: Full\n    expr: rate(x[5m]) < 0\n");
  grpc::ClientContext second;
  status = client->Apply(&second, good, &applied);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(applied.changed());
  EXPECT_THAT(applied.differences(), testing::ElementsAre("+ rules/disk.yaml"));
  v1::GetBundleResponse shown;
  grpc::ClientContext third;
  ASSERT_TRUE(client->GetBundle(&third, {}, &shown).ok());
  EXPECT_EQ(shown.id(), applied.id());
}

}  // namespace
}  // namespace forewarn
