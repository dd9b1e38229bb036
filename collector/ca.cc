#include "collector/ca.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/random.h"

namespace forewarn {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr Duration kAuthorityLifetime = 24h * 3650;
// Clocks of probes are not ours: a new certificate is good at once where the clock is behind.
constexpr Duration kBackdate = 1h;
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

StatusOr<Key> MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Internal("making a P-256 key: " + Reason());
  return key;
}

std::string TakeAll(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
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

StatusOr<Key> ReadKey(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string pem, ReadFile(path));
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty password: an encrypted key fails instead of asking the terminal.
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  if (key == nullptr) return DataLoss(path + ": not a private key in PEM: " + Reason());
  return key;
}

StatusOr<Certificate> ReadCertificate(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string pem, ReadFile(path));
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return DataLoss(path + ": not a certificate in PEM: " + Reason());
  return certificate;
}

std::string FingerprintOf(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FW_CHECK(X509_digest(certificate, EVP_sha256(), digest, &size) == 1);
  return Hex(digest, size);
}

// What goes into a certificate; the authority signs itself.
struct Content {
  std::string common_name;
  std::string alternative_names;  // in OpenSSL's notation: `DNS:localhost,IP:::1`; empty: none
  std::string usage;              // extended key usage; empty: an authority
  Timestamp from;
  Timestamp to;
};

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetTime(ASN1_TIME* field, Timestamp at) {
  return ASN1_TIME_set(field, static_cast<time_t>(ToMillis(at) / 1000)) != nullptr;
}

// `issuer` is null for the authority itself.
StatusOr<Certificate> Issue(const Content& content, EVP_PKEY* subject, X509* issuer,
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

bool IsAddress(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

bool IsDnsName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '*' || c == '_';
  });
}

StatusOr<std::string> ServerNames(const std::vector<std::string>& configured) {
  std::set<std::string> names = {"localhost", "127.0.0.1", "::1"};
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) == 0 && IsDnsName(host)) names.insert(host);
  for (const std::string& name : configured) {
    if (!IsAddress(name) && !IsDnsName(name)) {
      return InvalidArgument(fmt::format(
          "'{}' is neither a host name nor an address, so it cannot be in the server's certificate",
          name));
    }
    names.insert(name);
  }
  std::string all;
  for (const std::string& name : names) {
    if (!all.empty()) all += ',';
    all += (IsAddress(name) ? "IP:" : "DNS:") + name;
  }
  return all;
}

// Whether the certificate holds exactly these alternative names, compared as they are encoded.
bool HasNames(X509* certificate, const std::string& names) {
  int place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (place < 0) return false;
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  Extension wanted(X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str()));
  return wanted != nullptr &&
         ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(certificate, place)),
                               X509_EXTENSION_get_data(wanted.get())) == 0;
}

// Whether it ends within `left` after `now`.
bool EndsWithin(X509* certificate, Timestamp now, Duration left) {
  auto limit = static_cast<time_t>(ToMillis(now + left) / 1000);
  return X509_cmp_time(X509_get0_notAfter(certificate), &limit) <= 0;
}

// When it ends; the epoch when its time cannot be read.
Timestamp EndOf(X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return kTimeZero;
  return FromMillis(int64_t{timegm(&end)} * 1000);
}

StatusOr<Request> ReadRequest(std::string_view der) {
  if (der.size() > kMaxRequestBytes) {
    return InvalidArgument(
        fmt::format("csr_der: {} bytes, and a request for a P-256 key is far below {}", der.size(),
                    kMaxRequestBytes));
  }
  auto bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = bytes;
  Request request(d2i_X509_REQ(nullptr, &end, static_cast<long>(der.size())));
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

}  // namespace

struct CertificateAuthority::Keys {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority() : keys_(std::make_unique<Keys>()) {}
CertificateAuthority::~CertificateAuthority() = default;

StatusOr<std::unique_ptr<CertificateAuthority>> CertificateAuthority::Open(const CaOptions& options,
                                                                           Timestamp now) {
  std::unique_ptr<CertificateAuthority> ca(new CertificateAuthority());
  ca->options_ = options;
  FW_RETURN_IF_ERROR(MakeDirs(options.dir, 0700));
  FW_RETURN_IF_ERROR(ca->LoadOrMakeAuthority(now));
  if (options.foreign.certificate_file.empty()) {
    FW_RETURN_IF_ERROR(ca->LoadOrMakeServer(now));
  } else {
    FW_RETURN_IF_ERROR(ca->LoadForeignServer(now));
  }
  FW_RETURN_IF_ERROR(ca->LoadOrMakeOperator(now));
  return ca;
}

Status CertificateAuthority::LoadOrMakeAuthority(Timestamp now) {
  const std::string key_path = options_.dir + "/ca.key";
  const std::string path = options_.dir + "/ca.pem";
  if (FileExists(key_path)) {
    FW_ASSIGN_OR_RETURN(keys_->key, ReadKey(key_path));
  } else if (FileExists(path)) {
    return FailedPrecondition(
        fmt::format("{} is there but {} is not; restore the key from a backup, or move the "
                    "certificate away to start "
                    "a new authority, after which every probe must be enrolled again",
                    path, key_path));
  } else {
    FW_ASSIGN_OR_RETURN(keys_->key, MakeKey());
    FW_RETURN_IF_ERROR(WriteFileAtomically(key_path, ToPem(keys_->key.get()), 0600));
  }
  if (FileExists(path)) {
    FW_ASSIGN_OR_RETURN(keys_->certificate, ReadCertificate(path));
    if (X509_check_private_key(keys_->certificate.get(), keys_->key.get()) != 1) {
      ERR_clear_error();
      return FailedPrecondition(fmt::format(
          "{} is not the key of {}; restore both from the same backup", key_path, path));
    }
    if (EndsWithin(keys_->certificate.get(), now, Duration(0))) {
      return FailedPrecondition(
          fmt::format("{} has expired, or the clock is wrong; check the clock, else move both "
                      "files away to start a "
                      "new authority, after which every probe must be enrolled again",
                      path));
    }
  } else {
    Content content;
    content.common_name = "Forewarn " + RandomHex(4);
    content.from = now - kBackdate;
    content.to = now + kAuthorityLifetime;
    FW_ASSIGN_OR_RETURN(keys_->certificate,
                        Issue(content, keys_->key.get(), nullptr, keys_->key.get()));
    FW_RETURN_IF_ERROR(WriteFileAtomically(path, ToPem(keys_->certificate.get())));
  }
  ca_pem_ = ToPem(keys_->certificate.get());
  trust_pem_ = ca_pem_;
  fingerprint_ = FingerprintOf(keys_->certificate.get());
  return OkStatus();
}

Status CertificateAuthority::LoadForeignServer(Timestamp now) {
  const ForeignServer& files = options_.foreign;
  FW_ASSIGN_OR_RETURN(Key key, ReadKey(files.key_file));
  FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(files.certificate_file));
  FW_ASSIGN_OR_RETURN(Certificate trust, ReadCertificate(files.ca_file));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return FailedPrecondition(
        fmt::format("{} is not the key of {}", files.key_file, files.certificate_file));
  }
  if (EndsWithin(certificate.get(), now, Duration(0))) {
    return FailedPrecondition(
        fmt::format("{} has expired; put a new certificate there", files.certificate_file));
  }
  FW_ASSIGN_OR_RETURN(server_.chain, ReadFile(files.certificate_file));
  FW_ASSIGN_OR_RETURN(trust_pem_, ReadFile(files.ca_file));
  server_.key = ToPem(key.get());
  // The probe that enrols looks for the pinned certificate in the chain.
  if (!server_.chain.ends_with('\n')) server_.chain += '\n';
  server_.chain += ToPem(trust.get());
  fingerprint_ = FingerprintOf(trust.get());
  server_expires_at_ = EndOf(certificate.get());
  return OkStatus();
}

Status CertificateAuthority::LoadOrMakeServer(Timestamp now) {
  const std::string key_path = options_.dir + "/server.key";
  const std::string path = options_.dir + "/server.pem";
  FW_ASSIGN_OR_RETURN(std::string names, ServerNames(options_.names));
  if (FileExists(key_path) && FileExists(path)) {
    FW_ASSIGN_OR_RETURN(Key key, ReadKey(key_path));
    FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(path));
    bool keep = HasNames(certificate.get(), names) &&
                !EndsWithin(certificate.get(), now, options_.server_lifetime / 2) &&
                X509_check_private_key(certificate.get(), key.get()) == 1 &&
                X509_verify(certificate.get(), keys_->key.get()) == 1;
    ERR_clear_error();
    if (keep) {
      server_expires_at_ = EndOf(certificate.get());
      server_ = {ToPem(key.get()), ToPem(certificate.get()) + ca_pem_};
      return OkStatus();
    }
  }
  FW_ASSIGN_OR_RETURN(Key key, MakeKey());
  Content content;
  content.common_name = "forewarn-collector";
  content.alternative_names = names;
  content.usage = "serverAuth";
  content.from = now - kBackdate;
  content.to = std::min(now + options_.server_lifetime, EndOf(keys_->certificate.get()));
  FW_ASSIGN_OR_RETURN(Certificate certificate,
                      Issue(content, key.get(), keys_->certificate.get(), keys_->key.get()));
  server_expires_at_ = EndOf(certificate.get());
  server_ = {ToPem(key.get()), ToPem(certificate.get()) + ca_pem_};
  FW_RETURN_IF_ERROR(WriteFileAtomically(key_path, server_.key, 0600));
  return WriteFileAtomically(path, server_.chain);
}

Status CertificateAuthority::LoadOrMakeOperator(Timestamp now) {
  const std::string key_path = options_.dir + "/operator-admin.key";
  const std::string path = options_.dir + "/operator-admin.pem";
  if (FileExists(key_path) && FileExists(path)) {
    FW_ASSIGN_OR_RETURN(Key key, ReadKey(key_path));
    FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(path));
    bool keep = !EndsWithin(certificate.get(), now, options_.operator_lifetime / 3) &&
                X509_check_private_key(certificate.get(), key.get()) == 1 &&
                X509_verify(certificate.get(), keys_->key.get()) == 1;
    ERR_clear_error();
    if (keep) return OkStatus();
  }
  FW_ASSIGN_OR_RETURN(KeyAndChain made, IssueOperator(OperatorIdentity{"admin"}, now));
  FW_RETURN_IF_ERROR(WriteFileAtomically(key_path, made.key, 0600));
  return WriteFileAtomically(path, made.chain);
}

Status CertificateAuthority::CheckRequest(std::string_view csr_der) {
  return ReadRequest(csr_der).status();
}

StatusOr<std::string> CertificateAuthority::SignProbe(std::string_view csr_der,
                                                      const ProbeIdentity& identity,
                                                      Timestamp now) const {
  FW_ASSIGN_OR_RETURN(Request request, ReadRequest(csr_der));
  Content content;
  content.common_name = identity.probe;
  content.alternative_names = "URI:" + IdentityUri(identity);
  content.usage = "clientAuth";
  content.from = now - kBackdate;
  content.to = now + options_.probe_lifetime;
  FW_ASSIGN_OR_RETURN(Certificate certificate, Issue(content, X509_REQ_get0_pubkey(request.get()),
                                                     keys_->certificate.get(), keys_->key.get()));
  return ToPem(certificate.get()) + ca_pem_;
}

StatusOr<KeyAndChain> CertificateAuthority::IssueOperator(const OperatorIdentity& identity,
                                                          Timestamp now) const {
  FW_ASSIGN_OR_RETURN(Key key, MakeKey());
  Content content;
  content.common_name = identity.name;
  content.alternative_names = "URI:" + IdentityUri(identity);
  content.usage = "clientAuth";
  content.from = now - kBackdate;
  content.to = now + options_.operator_lifetime;
  FW_ASSIGN_OR_RETURN(Certificate certificate,
                      Issue(content, key.get(), keys_->certificate.get(), keys_->key.get()));
  return KeyAndChain{ToPem(key.get()), ToPem(certificate.get()) + ca_pem_};
}

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FW_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  return Hex(digest, size);
}

}  // namespace forewarn
