#include "probe/crypto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;

TEST(Crypto, HashesAsTheStandardsSay) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string mac = HmacSha256("Jefe", "what do ya want for nothing?");
  ASSERT_EQ(mac.size(), 32u);
  EXPECT_EQ(static_cast<uint8_t>(mac[0]), 0x5b);
  EXPECT_EQ(static_cast<uint8_t>(mac[31]), 0x43);
}

TEST(Crypto, MakesANewKeyEachTime) {
  StatusOr<KeyAndRequest> one = MakeKeyAndRequest();
  StatusOr<KeyAndRequest> two = MakeKeyAndRequest();
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_THAT(one->key_pem, HasSubstr("BEGIN PRIVATE KEY"));
  EXPECT_NE(one->key_pem, two->key_pem);
  EXPECT_FALSE(one->csr_der.empty());
}

TEST(Crypto, SaysWhatIsWrongWithAnAddressOrNobodyThere) {
  EXPECT_THAT(FetchCa("nowhere", "", "", 1s).status().message(), HasSubstr("host:port"));
  StatusOr<std::string> refused = FetchCa("127.0.0.1:1", "", "", 1s);
  EXPECT_EQ(refused.status().code(), Code::kUnavailable);
  EXPECT_THAT(refused.status().message(), HasSubstr("127.0.0.1:1: cannot be reached"));
}

TEST(Crypto, RenewsWhenAThirdOfTheLifeIsLeft) {
  CertificateLife life{FromMillis(0), FromMillis(90)};
  EXPECT_FALSE(life.ShouldRenew(FromMillis(59)));
  EXPECT_TRUE(life.ShouldRenew(FromMillis(60)));
  EXPECT_FALSE(ReadCertificateLife("no certificate").ok());
}

}  // namespace
}  // namespace forewarn
