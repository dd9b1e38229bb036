#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Sources : public v1::SourceService::Service {
 public:
  grpc::Status CreateSourceToken(grpc::ServerContext*, const v1::CreateSourceTokenRequest* request,
                                 v1::CreateSourceTokenResponse* response) override {
    asked = *request;
    response->set_token("fws1.secret");
    response->set_source_id("an-id");
    return grpc::Status::OK;
  }
  grpc::Status ListSourceTokens(grpc::ServerContext*, const v1::ListSourceTokensRequest*,
                                v1::ListSourceTokensResponse* response) override {
    v1::SourceTokenInfo* token = response->add_tokens();
    token->set_id("0123456789ab");
    token->set_door("otlp");
    token->set_source("shop");
    response->add_tokens()->set_expires_at_ms(1'777'716'000'000);
    return grpc::Status::OK;
  }
  grpc::Status RevokeSourceToken(grpc::ServerContext*, const v1::RevokeSourceTokenRequest* request,
                                 v1::RevokeSourceTokenResponse*) override {
    revoked = request->id();
    return grpc::Status::OK;
  }
  v1::CreateSourceTokenRequest asked;
  std::string revoked;
};

using SourceTokensTest = CtlTest<Sources>;

TEST_F(SourceTokensTest, TheTokenAloneIsTheAnswer) {
  ASSERT_TRUE(
      CreateSourceToken(session, {"prometheus", "acme", "main", "monitoring", "90d", false}).ok());
  EXPECT_EQ(out.str(), "fws1.secret\n");
  EXPECT_THAT(notes.str(), AllOf(HasSubstr("acme/main as 'monitoring'"), HasSubstr("an-id")));
  EXPECT_EQ(fake.asked.door(), "prometheus");
  EXPECT_EQ(fake.asked.source(), "monitoring");
  EXPECT_EQ(fake.asked.valid_for_ms(), 90LL * 24 * 3600 * 1000);
}

TEST_F(SourceTokensTest, ABadLifetimeIsRefusedHere) {
  EXPECT_FALSE(CreateSourceToken(session, {"otlp", "acme", "main", "shop", "0s", false}).ok());
  EXPECT_FALSE(CreateSourceToken(session, {"otlp", "acme", "main", "shop", "1", false}).ok());
  EXPECT_EQ(fake.asked.customer(), "");
}

TEST_F(SourceTokensTest, WhoReadsMayReadAllCustomers) {
  ASSERT_TRUE(CreateSourceToken(session, {"query", "", "", "grafana", "", true}).ok());
  EXPECT_TRUE(fake.asked.all_customers());
  EXPECT_THAT(notes.str(), HasSubstr("may read what all customers have"));
}

TEST_F(SourceTokensTest, TheListSaysWhenTheyEnd) {
  ASSERT_TRUE(ListSourceTokens(session).ok());
  EXPECT_THAT(out.str(), AllOf(HasSubstr("never"), HasSubstr("2026-05-02T10:00:00Z")));
}

TEST_F(SourceTokensTest, ATokenIsRevokedByItsId) {
  ASSERT_TRUE(RevokeSourceToken(session, "0123456789ab").ok());
  EXPECT_EQ(fake.revoked, "0123456789ab");
  EXPECT_THAT(out.str(), HasSubstr("refused from now on"));
}

}  // namespace
}  // namespace forewarn
