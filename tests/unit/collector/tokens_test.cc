#include "collector/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

EnrolmentToken Token(const std::string& hash, Timestamp expires_at) {
  EnrolmentToken token;
  token.hash = hash;
  token.customer = "acme";
  token.installation = "main";
  token.created_at = kNow;
  token.expires_at = expires_at;
  return token;
}

Entry Create(EnrolmentToken token, Timestamp at = kNow) {
  return {64, at, "operator", Command(CreateTokenCommand{std::move(token)})};
}
Entry Use(const std::string& hash, Timestamp at) {
  return {64, at, "forewarn", Command(UseTokenCommand{hash, "the-probe"})};
}

TEST(Tokens, LetsEachTokenBeUsedOnce) {
  Tokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1", kNow + 1h)), commit).ok());
  ASSERT_TRUE(tokens.Apply(Use("h1", kNow + 1min), commit).ok());
  StatusOr<EnrolmentToken> used = DecodeRecord<EnrolmentToken>(commit.reply);
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used->customer, "acme");
  EXPECT_EQ(used->used_by, "the-probe");
  EXPECT_EQ(used->used_at, kNow + 1min);
  ASSERT_EQ(commit.state.size(), 2u);
  EXPECT_EQ(commit.state[1].record, commit.reply);

  Status again = tokens.Apply(Use("h1", kNow + 2min), commit);
  EXPECT_EQ(again.code(), Code::kUnauthenticated);
  EXPECT_THAT(again.message(), HasSubstr("was used at"));
  EXPECT_EQ(commit.state.size(), 2u);
}

TEST(Tokens, SaysWhetherATokenIsUnknownOrExpired) {
  Tokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1", kNow + 1h)), commit).ok());
  Status expired = tokens.Apply(Use("h1", kNow + 1h), commit);
  EXPECT_EQ(expired.code(), Code::kUnauthenticated);
  EXPECT_THAT(expired.message(), HasSubstr("expired at"));
  Status unknown = tokens.Apply(Use("h2", kNow), commit);
  EXPECT_EQ(unknown.code(), Code::kUnauthenticated);
  EXPECT_THAT(unknown.message(), HasSubstr("unknown"));
}

TEST(Tokens, ACheckSaysTheSameAsAUseAndUsesNothing) {
  Tokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1", kNow + 1h)), commit).ok());
  EXPECT_TRUE(tokens.Check("h1", kNow).ok());
  EXPECT_TRUE(tokens.Check("h1", kNow).ok());
  EXPECT_THAT(tokens.Check("h1", kNow + 1h).message(), HasSubstr("expired at"));
  EXPECT_THAT(tokens.Check("h2", kNow).message(), HasSubstr("unknown"));
  ASSERT_TRUE(tokens.Apply(Use("h1", kNow), commit).ok());
  EXPECT_THAT(tokens.Check("h1", kNow).message(), HasSubstr("was used at"));
}

TEST(Tokens, RefusesTheSameTokenTwice) {
  Tokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1", kNow + 1h)), commit).ok());
  EXPECT_EQ(tokens.Apply(Create(Token("h1", kNow + 2h)), commit).code(), Code::kAlreadyExists);
}

TEST(Tokens, ForgetsWhatEndedLongAgo) {
  Tokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1", kNow + 1h)), commit).ok());
  Timestamp later = kNow + 31 * 24h;
  ASSERT_TRUE(tokens.Apply(Create(Token("h2", later + 1h), later), commit).ok());
  EXPECT_EQ(tokens.all().size(), 1u);
  EXPECT_EQ(commit.state.back().id, "h1");
  EXPECT_EQ(commit.state.back().record, "");
}

}  // namespace
}  // namespace forewarn
