#include "collector/x509.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "base/file.h"

namespace forewarn {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr size_t kMaxRequestBytes = 16 << 10;

// What OpenSSL has to say about the last failure, for the end of a message.
std::string Reason() {
  unsigned long code = ERR_peek_last_error();
  char text[256] = "no reason given";
  if (code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string hex;
  for (size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

std::string TakeAll(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetTime(ASN1_TIME* field, Timestamp at) {
  return ASN1_TIME_set(field, static_cast<time_t>(ToMillis(at) / 1000)) != nullptr;
}

}  // namespace

void FreeX509::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void FreeX509::operator()(X509* certificate) const { X509_free(certificate); }
void FreeX509::operator()(X509_REQ* request) const { X509_REQ_free(request); }

StatusOr<PrivateKey> MakeKey() {
  PrivateKey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Internal("making a P-256 key: " + Reason());
  return key;
}

StatusOr<PrivateKey> ReadKey(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string pem, ReadFile(path));
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty password: an encrypted key fails instead of asking the terminal.
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  if (key == nullptr) {
    return DataLoss(path +
                    ": not a private key in PEM without a password; put the right file there, or "
                    "restore it from a backup: " +
                    Reason());
  }
  return key;
}

StatusOr<Certificate> ReadCertificate(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string pem, ReadFile(path));
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return DataLoss(path +
                    ": not a certificate in PEM; put the right file there, or restore it from a "
                    "backup: " +
                    Reason());
  }
  return certificate;
}

StatusOr<CertificateRequest> ReadRequest(std::string_view der) {
  if (der.size() > kMaxRequestBytes) {
    return InvalidArgument(
        fmt::format("csr_der: {} bytes, and a request for a P-256 key is far below {}", der.size(),
                    kMaxRequestBytes));
  }
  auto bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = bytes;
  CertificateRequest request(d2i_X509_REQ(nullptr, &end, static_cast<long>(der.size())));
  ERR_clear_error();
  if (request == nullptr || end != bytes + der.size()) {
    return InvalidArgument("csr_der: not a PKCS #10 certificate request in DER");
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  char group[64] = {};
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) != 1 ||
      std::string_view(group) != SN_X9_62_prime256v1) {
    ERR_clear_error();
    return InvalidArgument("csr_der: the key is not one on the curve P-256 (prime256v1)");
  }
  if (X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return InvalidArgument("csr_der: the signature does not fit the key in it");
  }
  return request;
}

std::string ToPem(EVP_PKEY* key) {
  Bio bio(BIO_new(BIO_s_mem()));
  FW_CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TakeAll(bio.get());
}

std::string ToPem(X509* certificate) {
  Bio bio(BIO_new(BIO_s_mem()));
  FW_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return TakeAll(bio.get());
}

StatusOr<Certificate> Issue(const CertificateContent& content, EVP_PKEY* subject, X509* issuer,
                            EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  X509* signer = issuer == nullptr ? made.get() : issuer;
  unsigned char serial[16];
  BigNumber number;
  bool good = RAND_bytes(serial, sizeof(serial)) == 1;
  serial[0] &= 0x7f;  // positive, as RFC 5280 wants it
  number.reset(BN_bin2bn(serial, sizeof(serial), nullptr));
  X509_NAME* name = X509_get_subject_name(made.get());
  auto text = reinterpret_cast<const unsigned char*>(content.common_name.c_str());
  good = good && number != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get())) != nullptr &&
         SetTime(X509_getm_notBefore(made.get()), content.from) &&
         SetTime(X509_getm_notAfter(made.get()), content.to) &&
         X509_set_pubkey(made.get(), subject) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(made.get(), X509_get_subject_name(signer)) == 1 &&
         AddExtension(made.get(), signer, NID_subject_key_identifier, "hash");
  if (content.usage.empty()) {
    good = good &&
           AddExtension(made.get(), signer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           AddExtension(made.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    good = good && AddExtension(made.get(), signer, NID_authority_key_identifier, "keyid:always") &&
           AddExtension(made.get(), signer, NID_basic_constraints, "critical,CA:FALSE") &&
           AddExtension(made.get(), signer, NID_key_usage, "critical,digitalSignature") &&
           AddExtension(made.get(), signer, NID_ext_key_usage, content.usage);
  }
  if (!content.alternative_names.empty()) {
    good =
        good && AddExtension(made.get(), signer, NID_subject_alt_name, content.alternative_names);
  }
  if (!good || X509_sign(made.get(), issuer_key, EVP_sha256()) == 0) {
    return Internal("issuing a certificate for " + content.common_name + ": " + Reason());
  }
  return made;
}

StatusOr<Certificate> Issue(const CertificateContent& content, X509_REQ* subject, X509* issuer,
                            EVP_PKEY* issuer_key) {
  return Issue(content, X509_REQ_get0_pubkey(subject), issuer, issuer_key);
}

bool IsFor(X509* certificate, EVP_PKEY* key) {
  bool good = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  return good;
}

bool IsSignedBy(X509* certificate, EVP_PKEY* key) {
  bool good = X509_verify(certificate, key) == 1;
  ERR_clear_error();
  return good;
}

bool HasNames(X509* certificate, const std::string& names) {
  int place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (place < 0) return false;
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  Extension wanted(X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str()));
  ERR_clear_error();
  return wanted != nullptr &&
         ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(certificate, place)),
                               X509_EXTENSION_get_data(wanted.get())) == 0;
}

bool EndsWithin(X509* certificate, Timestamp now, Duration left) {
  auto limit = static_cast<time_t>(ToMillis(now + left) / 1000);
  return X509_cmp_time(X509_get0_notAfter(certificate), &limit) <= 0;
}

Timestamp EndOf(X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return kTimeZero;
  return FromMillis(int64_t{timegm(&end)} * 1000);
}

std::string FingerprintOf(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FW_CHECK(X509_digest(certificate, EVP_sha256(), digest, &size) == 1);
  return Hex(digest, size);
}

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FW_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  return Hex(digest, size);
}

}  // namespace forewarn
