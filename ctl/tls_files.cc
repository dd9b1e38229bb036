#include "ctl/tls_files.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace forewarn {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio Memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
}

// A password is never asked for: OpenSSL would do so at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

// The first of the file; null when there is none.
Certificate ReadCertificate(const std::string& pem) {
  Certificate certificate(PEM_read_bio_X509(Memory(pem).get(), nullptr, NoPassword, nullptr),
                          X509_free);
  ERR_clear_error();
  return certificate;
}

Key ReadKey(const std::string& pem) {
  Key key(PEM_read_bio_PrivateKey(Memory(pem).get(), nullptr, NoPassword, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  return key;
}

Status NoCertificate(std::string_view flag, const TlsFile& file, std::string_view whose) {
  return InvalidArgument(
      fmt::format("{} {}: is not a certificate in PEM, which begins with '-----BEGIN "
                  "CERTIFICATE-----'; give the file of {}",
                  flag, file.path, whose));
}

}  // namespace

Status CheckTlsFiles(const TlsFile& authority, const TlsFile& certificate, const TlsFile& key) {
  if (ReadCertificate(authority.pem) == nullptr) {
    return NoCertificate("--ca", authority, "the collector's authority (ca.pem)");
  }
  Certificate own = ReadCertificate(certificate.pem);
  if (own == nullptr) {
    return NoCertificate("--cert", certificate, "your operator's certificate");
  }
  Key secret = ReadKey(key.pem);
  if (secret == nullptr) {
    return InvalidArgument(
        fmt::format("--key {}: is not a private key in PEM without a password, which begins with "
                    "'-----BEGIN PRIVATE KEY-----'; give the key of {}",
                    key.path, certificate.path));
  }
  bool belongs = X509_check_private_key(own.get(), secret.get()) == 1;
  ERR_clear_error();
  if (!belongs) {
    return InvalidArgument(
        fmt::format("--key {}: does not belong to the certificate of --cert {}; give the two that "
                    "were made together, or --certificates FOLDER with both",
                    key.path, certificate.path));
  }
  return OkStatus();
}

}  // namespace forewarn
