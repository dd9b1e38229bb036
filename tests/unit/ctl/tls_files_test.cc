#include "ctl/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

// A key, and a certificate that it signed itself.
struct Pair {
  Pair() {
    EVP_PKEY* secret = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_set_pubkey(x509, secret);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_sign(x509, secret, EVP_sha256());
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, x509);
    certificate = TextOf(memory);
    memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(memory, secret, nullptr, nullptr, 0, nullptr, nullptr);
    key = TextOf(memory);
    memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(memory, secret, EVP_aes_256_cbc(), nullptr, 0, nullptr,
                             const_cast<char*>("a password"));
    locked_key = TextOf(memory);
    X509_free(x509);
    EVP_PKEY_free(secret);
  }
  std::string certificate;
  std::string key;
  std::string locked_key;
};

class TlsFilesTest : public testing::Test {
 protected:
  Status Check() {
    return CheckTlsFiles({"/t/ca.pem", ca_}, {"/t/me.pem", certificate_}, {"/t/me.key", key_});
  }
  Pair mine_;
  Pair other_;
  std::string ca_ = other_.certificate;
  std::string certificate_ = mine_.certificate;
  std::string key_ = mine_.key;
};

TEST_F(TlsFilesTest, AreGoodWhenTheKeyIsTheCertificates) {
  EXPECT_TRUE(Check().ok()) << Check().message();
  certificate_ =
      "a comment before it\n" + mine_.certificate + other_.certificate;  // with its chain
  EXPECT_TRUE(Check().ok()) << Check().message();
}

TEST_F(TlsFilesTest, NameTheFileThatIsNoCertificate) {
  certificate_ = "not PEM at all\n";
  EXPECT_THAT(Check().message(), AllOf(HasSubstr("--cert /t/me.pem: is not a certificate in PEM"),
                                       HasSubstr("give the file of your operator's certificate")));
  certificate_ = mine_.key;
  EXPECT_THAT(Check().message(), HasSubstr("--cert /t/me.pem: is not a certificate"));
  ca_ = "";
  EXPECT_THAT(Check().message(), HasSubstr("--ca /t/ca.pem: is not a certificate in PEM"));
}

TEST_F(TlsFilesTest, NameTheKeyThatIsNoneOrAnothers) {
  key_ = other_.key;
  EXPECT_THAT(Check().message(),
              AllOf(HasSubstr("--key /t/me.key: does not belong to the certificate of --cert "
                              "/t/me.pem"),
                    HasSubstr("--certificates FOLDER")));
  key_ = mine_.certificate;
  EXPECT_THAT(Check().message(), HasSubstr("--key /t/me.key: is not a private key in PEM"));
  key_ = mine_.locked_key;
  EXPECT_THAT(Check().message(), HasSubstr("without a password"));
}

}  // namespace
}  // namespace forewarn
