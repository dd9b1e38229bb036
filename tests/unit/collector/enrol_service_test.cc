#include "collector/enrol_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "collector/enrol_token.h"
#include "collector/x509.h"
#include "tests/integration/client_key.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class EnrolServiceTest : public ServiceWorld {
 protected:
  void Open(PartitionsOptions options = {}) {
    Recover(std::move(options));
    Serve(MakeEnrolmentService(*desk_, enrolments_, calls_, *ca_, metrics_));
  }

  std::string MakeToken(const std::string& customer) {
    std::string text = MakeEnrolToken(ca_->fingerprint());
    EnrolmentToken token;
    token.hash = Sha256Hex(text);
    token.customer = customer;
    token.installation = "prod";
    token.created_at = clock_.Now();
    token.expires_at = token.created_at + 1h;
    EXPECT_TRUE(
        desk_->Submit(kControlPartition, "operator", Command(CreateTokenCommand{token})).ok());
    return text;
  }

  grpc::Status Enrol(const std::string& token) {
    v1::EnrolRequest request;
    request.set_token(token);
    request.set_csr_der(MakeRequest().csr_der);
    request.set_host("web-1");
    v1::EnrolResponse response;
    grpc::ClientContext context;
    return v1::EnrolmentService::NewStub(Connect())->Enrol(&context, request, &response);
  }

  CallPool enrolments_{1, 1};
};

TEST_F(EnrolServiceTest, WhenTooManyEnrolTheNextIsToldSoAndKeepsItsToken) {
  Open();
  std::string token = MakeToken("acme");
  Obstacle obstacle;
  ASSERT_TRUE(enrolments_.Run([&] { obstacle.Wait(); }));
  obstacle.UntilReached();
  ASSERT_TRUE(enrolments_.Run([] {}));  // the queue is full now
  grpc::Status status = Enrol(token);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("the token is not used"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("forewarn_enrolments_total{result=\"refused\"} 1"));
  obstacle.LetGo();
  grpc::Status again = Enrol(token);
  while (again.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) again = Enrol(token);
  EXPECT_TRUE(again.ok()) << again.error_message();
}

TEST_F(EnrolServiceTest, AFloodOfEnrolmentsKeepsNoOtherCallWaiting) {
  Open();
  Obstacle obstacle;
  ASSERT_TRUE(enrolments_.Run([&] { obstacle.Wait(); }));
  obstacle.UntilReached();
  ASSERT_TRUE(enrolments_.Run([] {}));
  ProbeIdentity probe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};
  KeyAndRequest made = MakeRequest();
  v1::RenewRequest renew;
  renew.set_csr_der(made.csr_der);
  v1::RenewResponse renewed;
  grpc::ClientContext context;
  auto channel = Connect({made.key_pem, *ca_->SignProbe(made.csr_der, probe, clock_.Now())});
  grpc::Status status = v1::EnrolmentService::NewStub(channel)->Renew(&context, renew, &renewed);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EnrolServiceTest, ATokenThatIsUsedUpInVainSaysSoAndWhatToDo) {
  PartitionsOptions options;
  options.shard_threads = 2;
  options.queue_batches = 1;
  Open(options);
  // A customer whose shard runs on the other thread than the tokens.
  std::string customer = "c0";
  for (int i = 1; PartitionOf(customer) % 2 == kControlPartition % 2; ++i) {
    customer = "c" + std::to_string(i);
  }
  std::string token = MakeToken(customer);
  const uint32_t partition = PartitionOf(customer);
  Obstacle obstacle;
  ASSERT_TRUE(partitions_->Ask(partition, [&](const Shard&) { obstacle.Wait(); }));
  obstacle.UntilReached();
  auto fill = [&] {
    HelloCommand hello;
    hello.source = {customer, "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};
    Submission submission{Entry{partition, clock_.Now(), "", Command(hello)},
                          [](const Status&, const std::string&) {}};
    return partitions_->Submit(submission);
  };
  while (fill()) {
  }

  grpc::Status status = Enrol(token);
  EXPECT_EQ(status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);  // sent again, it cannot succeed
  EXPECT_THAT(status.error_message(), HasSubstr("the token is used now"));
  EXPECT_THAT(status.error_message(), HasSubstr("create another one"));
  EXPECT_THAT(status.error_message(), HasSubstr("too busy"));
  obstacle.LetGo();
}

}  // namespace
}  // namespace forewarn
