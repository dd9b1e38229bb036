#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class Tokens : public v1::ProbeService::Service {
 public:
  grpc::Status CreateToken(grpc::ServerContext*, const v1::CreateTokenRequest* request,
                           v1::CreateTokenResponse* response) override {
    asked = *request;
    response->set_token("fw1.secret.print");
    response->set_expires_at_ms(1'777'716'000'000);
    return grpc::Status::OK;
  }
  grpc::Status ListTokens(grpc::ServerContext*, const v1::ListTokensRequest*,
                          v1::ListTokensResponse* response) override {
    for (int64_t expires : {1'777'716'000'000, 1'777'600'000'000}) {
      v1::TokenInfo* token = response->add_tokens();
      token->set_id("0123456789ab");
      token->set_customer("acme");
      token->set_expires_at_ms(expires);
    }
    response->add_tokens()->set_used_at_ms(1);
    return grpc::Status::OK;
  }
  v1::CreateTokenRequest asked;
};

using TokensTest = CtlTest<Tokens>;

TEST_F(TokensTest, TheTokenAloneIsTheAnswer) {
  ASSERT_TRUE(CreateToken(session, "acme", "main", "2h").ok());
  EXPECT_EQ(out.str(), "fw1.secret.print\n");
  EXPECT_THAT(notes.str(), HasSubstr("For one probe of acme/main, until 2026-05-02T10:00:00Z."));
  EXPECT_EQ(fake.asked.customer(), "acme");
  EXPECT_EQ(fake.asked.valid_for_ms(), 7'200'000);
}

TEST_F(TokensTest, ProgramsGetJson) {
  session.json = true;
  ASSERT_TRUE(CreateToken(session, "acme", "main", "").ok());
  EXPECT_THAT(out.str(), HasSubstr("\"token\": \"fw1.secret.print\""));
  EXPECT_EQ(notes.str(), "");
  EXPECT_EQ(fake.asked.valid_for_ms(), 0);
}

TEST_F(TokensTest, ABadLifetimeIsRefusedHere) {
  EXPECT_FALSE(CreateToken(session, "acme", "main", "2").ok());
  EXPECT_FALSE(CreateToken(session, "acme", "main", "0s").ok()) << "which would mean the default";
  EXPECT_EQ(fake.asked.customer(), "");
}

TEST_F(TokensTest, TheListSaysWhatCanStillBeUsed) {
  ASSERT_TRUE(ListTokens(session).ok());
  EXPECT_THAT(out.str(), testing::AllOf(HasSubstr("  unused   2026-05-02T10:00:00Z"),
                                        HasSubstr("  expired  "), HasSubstr("  used  ")));
}

}  // namespace
}  // namespace forewarn
