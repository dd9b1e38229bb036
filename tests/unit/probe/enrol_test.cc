#include "probe/enrol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

const std::string kFingerprint(64, 'a');

// Nobody may be asked in these tests.
class NoCalls : public EnrolmentCalls {
 public:
  StatusOr<EnrolAnswer> Enrol(const GrpcOptions&, const std::string&, const std::string&,
                              const std::string&, const std::string&) override {
    ADD_FAILURE() << "the token was handed out";
    return Internal("no");
  }
  StatusOr<EnrolAnswer> Renew(const GrpcOptions&, const TlsIdentity&, const std::string&) override {
    return Unavailable("the collector is stopping");
  }
};

TEST(EnrolmentToken, IsReadAsItWasPrinted) {
  StatusOr<EnrolmentTokenText> token = ParseEnrolmentToken(" fw1.secret." + kFingerprint + "\n");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->text, "fw1.secret." + kFingerprint);
  EXPECT_EQ(token->ca_fingerprint, kFingerprint);
}

TEST(EnrolmentToken, IsNeverShownWhenItIsBad) {
  for (const std::string& bad :
       {std::string(), std::string("secret"), "fw2.secret." + kFingerprint,
        "fw1.secret." + kFingerprint + "a", "fw1.." + kFingerprint, "fw1.sec ret." + kFingerprint,
        "fw1.secret." + std::string(64, 'G')}) {
    StatusOr<EnrolmentTokenText> token = ParseEnrolmentToken(bad);
    ASSERT_FALSE(token.ok()) << bad;
    EXPECT_EQ(token.status().message().find("secret."), std::string::npos);
  }
}

TEST(Enrol, KeepsAnEnrolmentUnlessForced) {
  TempDir dir;
  dir.Write("token", "fw1.secret." + kFingerprint);
  dir.Write("state/identity.json", "{}");
  EnrolOptions options;
  options.collector.collector = "127.0.0.1:1";
  options.token_file = dir / "token";
  options.state_dir = dir / "state";
  NoCalls calls;
  SystemClock clock;
  StatusOr<ProbeIdentityFile> identity = Enrol(options, calls, clock);
  EXPECT_EQ(identity.status().code(), Code::kAlreadyExists);
  EXPECT_THAT(identity.status().message(), HasSubstr("--force"));
  options.force = true;
  identity = Enrol(options, calls, clock);
  EXPECT_THAT(identity.status().message(), HasSubstr("cannot be reached"));
}

TEST(Renew, LeavesTheIdentityAsItWasWhenItFails) {
  TempDir dir;
  ProbeIdentityFile identity;
  identity.key_pem = "old";
  NoCalls calls;
  EXPECT_FALSE(Renew(dir.path(), identity, calls).ok());
  EXPECT_EQ(identity.key_pem, "old");
}

}  // namespace
}  // namespace forewarn
