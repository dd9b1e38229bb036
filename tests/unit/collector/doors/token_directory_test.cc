#include "collector/doors/token_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "collector/x509.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using Door = SourceToken::Door;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class TokenDirectoryTest : public testing::Test {
 protected:
  void Keep(std::optional<Timestamp> expires_at = std::nullopt) {
    SourceToken token = TestToken();
    token.hash = Sha256Hex(text_);
    token.expires_at = expires_at;
    EXPECT_FALSE(directory_.Keep(token.hash, EncodeRecord(token)).has_value());
  }
  Status Check(const std::string& authorization, Door door = Door::kPrometheus) {
    return directory_.Check(authorization, door, kNow).status();
  }

  const std::string text_ = MakeSourceToken();
  TokenDirectory directory_;
};

TEST_F(TokenDirectoryTest, KnowsWhoShowsAToken) {
  Keep();
  StatusOr<SourceToken> from = directory_.Check("Bearer " + text_, Door::kPrometheus, kNow);
  ASSERT_TRUE(from.ok()) << from.status().ToString();
  EXPECT_EQ(from->customer, "acme");
  EXPECT_TRUE(Check("bearer " + text_).ok()) << "the scheme's case does not matter";
}

TEST_F(TokenDirectoryTest, SaysWhatIsMissing) {
  Keep();
  EXPECT_THAT(Check("").message(), HasSubstr("Authorization: Bearer"));
  EXPECT_THAT(Check("Basic YTpi").message(), HasSubstr("not a source's token"));
  EXPECT_THAT(Check("Bearer secret").message(), HasSubstr("not a source's token"));
  EXPECT_THAT(Check("Bearer " + MakeSourceToken()).message(), HasSubstr("unknown"));
  for (const std::string& bad :
       {std::string(), std::string("Bearer "), "Bearer " + MakeSourceToken()}) {
    EXPECT_EQ(Check(bad).code(), Code::kUnauthenticated);
  }
}

TEST_F(TokenDirectoryTest, ATokenIsForOneDoor) {
  Keep();
  Status other = Check("Bearer " + text_, Door::kOtlp);
  EXPECT_EQ(other.code(), Code::kPermissionDenied);
  EXPECT_THAT(other.message(), HasSubstr("--door otlp"));
}

TEST_F(TokenDirectoryTest, ATokenEndsWhenItExpires) {
  Keep(kNow);
  EXPECT_THAT(Check("Bearer " + text_).message(), HasSubstr("expired at"));
  Keep(kNow + 1ms);
  EXPECT_TRUE(Check("Bearer " + text_).ok());
}

TEST_F(TokenDirectoryTest, ARevokedTokenIsGoneAtOnce) {
  Keep();
  std::optional<SourceToken> revoked = directory_.Keep(Sha256Hex(text_), "");
  ASSERT_TRUE(revoked.has_value());
  EXPECT_EQ(revoked->source, "monitoring");
  EXPECT_EQ(Check("Bearer " + text_).code(), Code::kUnauthenticated);
  EXPECT_FALSE(directory_.Keep(Sha256Hex(text_), "").has_value());
}

}  // namespace
}  // namespace forewarn
