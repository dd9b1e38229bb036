// The collector's doors, from outside: a whole collector in this process, on free ports of
// loopback, and clients that come with a good certificate, a stranger's, none, a used token, a
// batch beyond its limit.

#include "tests/integration/edges.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "forewarn/v1/ingest.grpc.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

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

  EXPECT_EQ(Samples("1h"), 20);
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

TEST_F(EdgesTest, MailThatNoServerWouldTakeIsRefusedAtApply) {
  auto client = v1::BundleService::NewStub(ConnectOperator());
  v1::ApplyRequest request;
  v1::File* file = request.add_files();
  file->set_path("receivers.yaml");
  file->set_text("receivers:\n- {id: on-call, kind: email, to: [on-call@example.com]}\n");
  request.set_dry_run(true);
  v1::ApplyResponse applied;
  grpc::ClientContext context;
  grpc::Status status = client->Apply(&context, request, &applied);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("e-mail to on-call"));
  EXPECT_THAT(status.error_message(), HasSubstr("smtp.host"));
}

TEST_F(EdgesTest, ARuleThatWatchesNothingIsListedWithTheSelectorThatMatchesNothing) {
  auto channel = ConnectOperator();
  v1::ApplyRequest request;
  v1::File* file = request.add_files();
  file->set_path("rules/a.yaml");
  file->set_text(
      "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: nowhere > 0 and vector(1) > 0\n"
      "  - alert: B\n    expr: vector(1) > 0\n");
  v1::ApplyResponse applied;
  grpc::ClientContext apply;
  ASSERT_TRUE(v1::BundleService::NewStub(channel)->Apply(&apply, request, &applied).ok());
  v1::ListRulesResponse rules;
  grpc::ClientContext list;
  ASSERT_TRUE(v1::AlertService::NewStub(channel)->ListRules(&list, {}, &rules).ok());
  ASSERT_EQ(rules.rules_size(), 2);
  EXPECT_EQ(rules.rules(0).unmatched(), "nowhere");
  EXPECT_EQ(rules.rules(1).unmatched(), "");
}

TEST_F(EdgesTest, ATokenIsMadeForACustomerOfTheBundleAlone) {
  auto channel = ConnectOperator();
  v1::ApplyRequest bundle;
  v1::File* file = bundle.add_files();
  file->set_path("customers.yaml");
  file->set_text("customers:\n- id: acme\n  name: Acme\n");
  v1::ApplyResponse applied;
  grpc::ClientContext apply;
  grpc::Status status = v1::BundleService::NewStub(channel)->Apply(&apply, bundle, &applied);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(MakeToken(), "");  // acme's

  v1::CreateTokenRequest request;
  request.set_customer("acne");
  request.set_installation("prod");
  v1::CreateTokenResponse response;
  grpc::ClientContext create;
  status = v1::ProbeService::NewStub(channel)->CreateToken(&create, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("no customer 'acne'"));
  EXPECT_THAT(status.error_message(), HasSubstr("forewarnctl apply"));
}

// One line for each of `event` in what was logged.
int LinesOf(const std::string& log, const std::string& event) {
  int lines = 0;
  for (size_t at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) ++lines;
  return lines;
}

TEST_F(EdgesTest, ACertificateThatIsAboutToEndIsInTheLogOnceADayWithTheRemedy) {
  constexpr const char* kEvent = "collector.certificate_expiring";
  testing::internal::CaptureStderr();
  app_->Tend();
  EXPECT_EQ(LinesOf(testing::internal::GetCapturedStderr(), kEvent), 0);  // five years

  TempDir elsewhere;
  CaOptions brief;
  brief.dir = elsewhere.path();
  brief.server_lifetime = 24h * 5 + 1h;
  ASSERT_TRUE(CertificateAuthority::Open(brief, clock_.Now()).ok());
  app_->Stop();
  app_.reset();
  settings_.grpc.tls = {brief.dir + "/server.pem", brief.dir + "/server.key",
                        brief.dir + "/ca.pem"};
  Start();
  testing::internal::CaptureStderr();
  app_->Tend();
  app_->Tend();
  std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(LinesOf(log, kEvent), 1) << log;
  EXPECT_THAT(log, HasSubstr(" error "));
  EXPECT_THAT(log, HasSubstr("days_left=5"));
  EXPECT_THAT(log, HasSubstr("put a new certificate at " + brief.dir + "/server.pem"));
}

// What a client such as grpcurl is told that asks which services there are; `answer` gets the bytes.
grpc::Status AskForServices(const std::shared_ptr<grpc::Channel>& channel, std::string& answer) {
  grpc::GenericStub generic(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue done;
  void* tag = nullptr;
  bool good = false;
  auto call = generic.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &done);
  call->StartCall(nullptr);
  done.Next(&tag, &good);
  grpc::Slice list_services("\x3a\x00", 2);  // ServerReflectionRequest, field 7, an empty text
  grpc::ByteBuffer request(&list_services, 1);
  call->WriteLast(request, {}, nullptr);
  done.Next(&tag, &good);
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  if (done.Next(&tag, &good) && good) {
    std::vector<grpc::Slice> slices;
    response.Dump(&slices);
    for (const grpc::Slice& slice : slices) {
      answer.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  done.Next(&tag, &good);
  return status;
}

TEST_F(EdgesTest, TheServicesAreDescribedWhenTheSettingsSaySoAndToOperatorsAlone) {
  std::string answer;
  grpc::Status off = AskForServices(ConnectOperator(), answer);
  EXPECT_EQ(off.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(off.error_message(), HasSubstr("grpc.reflection: true"));
  EXPECT_EQ(answer, "");

  app_->Stop();
  app_.reset();
  settings_.grpc.reflection = true;
  Start();
  grpc::Status on = AskForServices(ConnectOperator(), answer);
  EXPECT_TRUE(on.ok()) << on.error_message();
  EXPECT_THAT(answer, HasSubstr("forewarn.v1.TicketService"));
  EXPECT_EQ(AskForServices(Connect(), answer).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace forewarn
