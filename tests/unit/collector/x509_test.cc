#include "collector/x509.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const Timestamp kNow = FromMillis(1'780'000'000'000);

CertificateContent For(const std::string& name) {
  CertificateContent content;
  content.common_name = name;
  content.alternative_names = "DNS:a.example.com";
  content.usage = "serverAuth";
  content.from = kNow;
  content.to = kNow + 24h;
  return content;
}

TEST(X509, AKeyAndACertificateAreReadBackFromTheirFiles) {
  TempDir dir;
  PrivateKey key = *MakeKey();
  Certificate certificate = *Issue(For("a"), key.get(), nullptr, key.get());
  ASSERT_TRUE(WriteFileAtomically(dir.path() + "/a.key", ToPem(key.get())).ok());
  ASSERT_TRUE(WriteFileAtomically(dir.path() + "/a.pem", ToPem(certificate.get())).ok());
  PrivateKey key_again = *ReadKey(dir.path() + "/a.key");
  Certificate again = *ReadCertificate(dir.path() + "/a.pem");
  EXPECT_TRUE(IsFor(again.get(), key_again.get()));
  EXPECT_EQ(FingerprintOf(again.get()), FingerprintOf(certificate.get()));
}

TEST(X509, AFileThatHoldsSomethingElseIsNamed) {
  TempDir dir;
  const std::string path = dir.path() + "/a.pem";
  ASSERT_TRUE(WriteFileAtomically(path, "hello").ok());
  EXPECT_THAT(ReadKey(path).status().message(), HasSubstr(path + ": not a private key in PEM"));
  EXPECT_THAT(ReadCertificate(path).status().message(),
              HasSubstr(path + ": not a certificate in PEM"));
}

TEST(X509, AStrangersKeyFitsNeitherTheCertificateNorItsSignature) {
  PrivateKey own = *MakeKey();
  PrivateKey issuer = *MakeKey();
  Certificate authority = *Issue(For("authority"), issuer.get(), nullptr, issuer.get());
  Certificate certificate = *Issue(For("a"), own.get(), authority.get(), issuer.get());
  EXPECT_TRUE(IsFor(certificate.get(), own.get()));
  EXPECT_FALSE(IsFor(certificate.get(), issuer.get()));
  EXPECT_TRUE(IsSignedBy(certificate.get(), issuer.get()));
  EXPECT_FALSE(IsSignedBy(certificate.get(), own.get()));
}

TEST(X509, NamesAreComparedWhole) {
  PrivateKey key = *MakeKey();
  Certificate certificate = *Issue(For("a"), key.get(), nullptr, key.get());
  EXPECT_TRUE(HasNames(certificate.get(), "DNS:a.example.com"));
  EXPECT_FALSE(HasNames(certificate.get(), "DNS:a.example.com,IP:127.0.0.1"));
  EXPECT_FALSE(HasNames(certificate.get(), "DNS:b.example.com"));
}

TEST(X509, ACertificateEndsWhenItsContentSays) {
  PrivateKey key = *MakeKey();
  Certificate certificate = *Issue(For("a"), key.get(), nullptr, key.get());
  EXPECT_EQ(EndOf(certificate.get()), kNow + 24h);
  EXPECT_FALSE(EndsWithin(certificate.get(), kNow, 23h));
  EXPECT_TRUE(EndsWithin(certificate.get(), kNow, 24h));
  EXPECT_TRUE(EndsWithin(certificate.get(), kNow + 25h, Duration(0)));
}

TEST(X509, Sha256IsTheKnownOne) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace forewarn
