#include "collector/source_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "model/ids.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

SourceToken Token(const std::string& hash,
                  SourceToken::Door door = SourceToken::Door::kPrometheus) {
  SourceToken token;
  token.hash = hash;
  token.door = door;
  token.customer = "acme";
  token.installation = "main";
  token.source = "monitoring";
  token.source_id = SourceId("acme", "main", "monitoring");
  token.created_at = kNow;
  return token;
}

Entry Create(SourceToken token, Timestamp at = kNow) {
  return {64, at, "operator", Command(CreateSourceTokenCommand{std::move(token)})};
}
Entry Revoke(const std::string& hash) {
  return {64, kNow, "operator", Command(RevokeSourceTokenCommand{hash})};
}

TEST(SourceTokens, KeepWhatWasCreatedUntilItIsRevoked) {
  SourceTokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1")), commit).ok());
  ASSERT_EQ(commit.state.size(), 1u);
  EXPECT_EQ(commit.state[0].kind, StateKind::kSourceToken);
  EXPECT_EQ(DecodeRecord<SourceToken>(commit.state[0].record)->source, "monitoring");
  EXPECT_EQ(tokens.Apply(Create(Token("h1")), commit).code(), Code::kAlreadyExists);

  Commit revoked;
  ASSERT_TRUE(tokens.Apply(Revoke("h1"), revoked).ok());
  EXPECT_EQ(DecodeRecord<SourceToken>(revoked.reply)->hash, "h1");
  EXPECT_EQ(revoked.state[0].record, "");
  EXPECT_TRUE(tokens.all().empty());
  EXPECT_EQ(tokens.Apply(Revoke("h1"), revoked).code(), Code::kNotFound);
}

TEST(SourceTokens, LetASourceHaveTwoWhileOneTakesThePlaceOfTheOther) {
  SourceTokens tokens;
  Commit commit;
  ASSERT_TRUE(tokens.Apply(Create(Token("h1")), commit).ok());
  EXPECT_TRUE(tokens.Apply(Create(Token("h2")), commit).ok());
  Status other = tokens.Apply(Create(Token("h3", SourceToken::Door::kOtlp)), commit);
  EXPECT_EQ(other.code(), Code::kFailedPrecondition);
  EXPECT_THAT(other.message(), HasSubstr("door prometheus"));
  EXPECT_EQ(tokens.all().size(), 2u);
}

TEST(SourceTokens, AreForgottenAMonthAfterTheyExpired) {
  SourceTokens tokens;
  Commit commit;
  SourceToken expires = Token("h1");
  expires.expires_at = kNow + 1h;
  ASSERT_TRUE(tokens.Apply(Create(expires), commit).ok());
  ASSERT_TRUE(tokens.Apply(Create(Token("h2"), kNow + 24h), commit).ok());
  EXPECT_EQ(tokens.all().size(), 2u);
  ASSERT_TRUE(tokens.Apply(Create(Token("h3"), kNow + 31 * 24h), commit).ok());
  EXPECT_EQ(tokens.all().count("h1"), 0u);
  EXPECT_EQ(tokens.all().size(), 2u);
}

TEST(SourceTokens, GiveASourceOneIdForEver) {
  std::string id = SourceId("acme", "main", "monitoring");
  EXPECT_TRUE(IsUuid(id)) << id;
  EXPECT_EQ(id, "8d2f5da7-9be8-8d78-87c2-40681175c413");
  EXPECT_NE(SourceId("acme", "main", "monitoring2"), id);
  EXPECT_NE(SourceId("acm", "emain", "monitoring"), id);
}

TEST(SourceTokens, AreTextsOfOneForm) {
  std::string text = MakeSourceToken();
  EXPECT_TRUE(IsSourceToken(text));
  EXPECT_NE(MakeSourceToken(), text);
  EXPECT_FALSE(IsSourceToken(text + "0"));
  EXPECT_FALSE(IsSourceToken("fw1." + text.substr(4)));
  text[10] = 'G';
  EXPECT_FALSE(IsSourceToken(text));
}

TEST(SourceTokens, NameTheirDoors) {
  for (const char* name : {"prometheus", "otlp", "alertmanager"}) {
    EXPECT_EQ(DoorName(*ParseDoor(name)), name);
  }
  EXPECT_EQ(ParseDoor("zabbix").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace forewarn
