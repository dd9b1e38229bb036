#include "collector/ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const Timestamp kNow = FromMillis(1'780'000'000'000);
const ProbeIdentity kProbe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};

CaOptions In(const TempDir& dir, std::vector<std::string> names = {}) {
  CaOptions options;
  options.dir = dir.path();
  options.names = std::move(names);
  return options;
}

std::unique_ptr<CertificateAuthority> OpenOrDie(const CaOptions& options, Timestamp now = kNow) {
  auto ca = CertificateAuthority::Open(options, now);
  EXPECT_TRUE(ca.ok()) << ca.status().ToString();
  return ca.ok() ? *std::move(ca) : nullptr;
}

// A request made as a probe makes it, with a subject that tries to be somebody.
std::string MakeRequest(EVP_PKEY* key) {
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_pubkey(request, key);
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("operator-admin"), -1, -1, 0);
  X509_REQ_sign(request, key, EVP_sha256());
  unsigned char* bytes = nullptr;
  int size = i2d_X509_REQ(request, &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  X509_REQ_free(request);
  return der;
}

std::string RequestOn(const char* curve) {
  EVP_PKEY* key = EVP_EC_gen(curve);
  std::string der = MakeRequest(key);
  EVP_PKEY_free(key);
  return der;
}

// What a certificate says, as `openssl x509 -text` prints it.
std::string Describe(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  X509_print(out, certificate);
  char* data = nullptr;
  long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<size_t>(size));
  X509_free(certificate);
  BIO_free(in);
  BIO_free(out);
  return text;
}

TEST(Ca, IsMadeOnceAndThenKept) {
  TempDir dir;
  std::string fingerprint = OpenOrDie(In(dir))->fingerprint();
  EXPECT_EQ(fingerprint.size(), 64u);
  std::string server = *ReadFile(dir.path() + "/server.pem");
  EXPECT_EQ(OpenOrDie(In(dir))->fingerprint(), fingerprint);
  EXPECT_EQ(*ReadFile(dir.path() + "/server.pem"), server);
}

TEST(Ca, KeepsItsKeysFromOthers) {
  TempDir dir;
  OpenOrDie(In(dir));
  for (const char* name : {"/ca.key", "/server.key", "/operator-admin.key"}) {
    struct stat info;
    ASSERT_EQ(stat((dir.path() + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST(Ca, TheServersCertificateNamesWhereItIsReached) {
  TempDir dir;
  auto ca = OpenOrDie(In(dir, {"collector.example.com", "10.1.2.3"}));
  std::string text = Describe(ca->server().chain);
  EXPECT_THAT(text, HasSubstr("DNS:localhost"));
  EXPECT_THAT(text, HasSubstr("IP Address:127.0.0.1"));
  EXPECT_THAT(text, HasSubstr("DNS:collector.example.com"));
  EXPECT_THAT(text, HasSubstr("IP Address:10.1.2.3"));
  EXPECT_THAT(text, HasSubstr("TLS Web Server Authentication"));
  EXPECT_THAT(ca->server().chain, HasSubstr(ca->ca_pem()));
}

TEST(Ca, TheServersCertificateFollowsItsNamesAndTheTime) {
  TempDir dir;
  CaOptions options = In(dir, {"a.example.com"});
  std::string first = OpenOrDie(options)->server().chain;
  EXPECT_EQ(OpenOrDie(options, kNow + 24h * 900)->server().chain, first);
  EXPECT_NE(OpenOrDie(options, kNow + 24h * 920)->server().chain, first);
  options.names = {"b.example.com"};
  EXPECT_THAT(Describe(OpenOrDie(options)->server().chain), HasSubstr("DNS:b.example.com"));
}

TEST(Ca, TheServersCertificateLastsFiveYearsButNotLongerThanItsAuthority) {
  TempDir dir;
  CaOptions options = In(dir);
  EXPECT_EQ(OpenOrDie(options)->server_expires_at(), kNow + 24h * 365 * 5);
  EXPECT_EQ(OpenOrDie(options)->server_expires_at(), kNow + 24h * 365 * 5);  // loaded, not made
  EXPECT_EQ(OpenOrDie(options, kNow + 24h * 365 * 8)->server_expires_at(), kNow + 24h * 3650);
}

TEST(Ca, AForeignCertificateSaysWhenItEnds) {
  TempDir own_dir;
  TempDir dir;
  auto own = OpenOrDie(In(own_dir));
  CaOptions options = In(dir);
  options.foreign = {own_dir.path() + "/server.pem", own_dir.path() + "/server.key",
                     own_dir.path() + "/ca.pem"};
  EXPECT_EQ(OpenOrDie(options)->server_expires_at(), own->server_expires_at());
}

TEST(Ca, AProbesCertificateHoldsItsIdentityAndNothingOfTheRequest) {
  TempDir dir;
  auto ca = OpenOrDie(In(dir));
  StatusOr<std::string> chain = ca->SignProbe(RequestOn("P-256"), kProbe, kNow);
  ASSERT_TRUE(chain.ok()) << chain.status().ToString();
  std::string text = Describe(*chain);
  EXPECT_THAT(text, HasSubstr("URI:spiffe://forewarn/customer/acme/installation/prod/probe/" +
                              kProbe.probe));
  EXPECT_THAT(text, HasSubstr("CN=" + kProbe.probe));
  EXPECT_THAT(text, HasSubstr("TLS Web Client Authentication"));
  EXPECT_THAT(text, testing::Not(HasSubstr("operator-admin")));
  EXPECT_THAT(text, testing::Not(HasSubstr("Server Authentication")));
}

TEST(Ca, RefusesRequestsThatAreNotP256WithAGoodSignature) {
  std::string good = RequestOn("P-256");
  EXPECT_TRUE(CertificateAuthority::CheckRequest(good).ok());

  EXPECT_THAT(CertificateAuthority::CheckRequest(RequestOn("P-384")).message(), HasSubstr("P-256"));
  EXPECT_THAT(CertificateAuthority::CheckRequest("hello").message(), HasSubstr("PKCS #10"));
  EXPECT_THAT(CertificateAuthority::CheckRequest(good + "x").message(), HasSubstr("PKCS #10"));
  std::string forged = good;
  forged[forged.find("operator-admin")] = 'O';
  EXPECT_THAT(CertificateAuthority::CheckRequest(forged).message(), HasSubstr("signature"));
  EXPECT_EQ(CertificateAuthority::CheckRequest(std::string(20'000, 'x')).code(),
            Code::kInvalidArgument);
}

TEST(Ca, IsNeverReplacedWhenHalfOfItIsMissing) {
  TempDir dir;
  OpenOrDie(In(dir));
  std::filesystem::remove(dir.path() + "/ca.key");
  auto ca = CertificateAuthority::Open(In(dir), kNow);
  ASSERT_FALSE(ca.ok());
  EXPECT_THAT(ca.status().message(), HasSubstr("restore the key from a backup"));
}

TEST(Ca, AFirstStartThatDiedAfterTheKeyIsFinished) {
  TempDir dir;
  OpenOrDie(In(dir));
  std::string key = *ReadFile(dir.path() + "/ca.key");
  for (const char* name : {"/ca.pem", "/server.pem", "/server.key"}) {
    std::filesystem::remove(dir.path() + name);
  }
  auto ca = OpenOrDie(In(dir));
  EXPECT_EQ(*ReadFile(dir.path() + "/ca.key"), key);
  EXPECT_THAT(ca->server().chain, HasSubstr(ca->ca_pem()));
}

TEST(Ca, RefusesANameThatCannotBeInACertificate) {
  TempDir dir;
  auto ca = CertificateAuthority::Open(In(dir, {"x,URI:spiffe://forewarn"}), kNow);
  EXPECT_EQ(ca.status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace forewarn
