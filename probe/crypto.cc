#include "probe/crypto.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <system_error>
#include <vector>

#include "base/clock.h"

namespace forewarn {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* p) const {
    kFree(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Io = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Trust = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using Verification = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

// The reason of OpenSSL's newest error, and forgets the rest.
std::string OpenSslReason() {
  // The first is the cause; those after it say where it was noticed. What a name server said is in
  // its data.
  const char* data = nullptr;
  int flags = 0;
  unsigned long code = ERR_peek_error_all(nullptr, nullptr, nullptr, &data, &flags);
  std::string text = "no answer";
  if (code != 0) {
    const char* reason = ERR_SYSTEM_ERROR(code) ? nullptr : ERR_reason_error_string(code);
    text = reason != nullptr ? reason : std::system_category().message(ERR_GET_REASON(code));
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && data[0] != '\0')
      text = fmt::format("{}: {}", text, data);
  }
  ERR_clear_error();
  return text;
}

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

StatusOr<Certificate> ReadCertificate(const std::string& pem) {
  Io in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) return InvalidArgument("not a certificate in PEM: " + OpenSslReason());
  return certificate;
}

Timestamp ToTimestamp(const ASN1_TIME* time) {
  tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return FromMillis(static_cast<int64_t>(timegm(&parts)) * 1000);
}

std::string FingerprintOf(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return Hex(digest, size);
}

// The names that a certificate is for, for a message.
std::string NamesOf(X509* certificate) {
  Io out(BIO_new(BIO_s_mem()));
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    if (i > 0) BIO_puts(out.get(), ", ");
    GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(names, i));
  }
  GENERAL_NAMES_free(names);
  std::string text = Contents(out.get());
  return text.empty() ? "no name at all" : text;
}

Status CheckChain(X509* leaf, X509* authority, STACK_OF(X509) * chain) {
  Trust trust(X509_STORE_new());
  X509_STORE_add_cert(trust.get(), authority);
  Verification verification(X509_STORE_CTX_new());
  X509_STORE_CTX_init(verification.get(), trust.get(), leaf, chain);
  X509_STORE_CTX_set_purpose(verification.get(), X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(verification.get()) == 1) return OkStatus();
  int error = X509_STORE_CTX_get_error(verification.get());
  return PermissionDenied(X509_verify_cert_error_string(error));
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return Hex(digest, sizeof digest);
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

StatusOr<KeyAndRequest> MakeKeyAndRequest() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return Internal("making a P-256 key: " + OpenSslReason());
  Request request(X509_REQ_new());
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("forewarn-probe"), -1, -1, 0);
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return Internal("signing a certificate request: " + OpenSslReason());
  }
  KeyAndRequest result;
  Io pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  result.key_pem = Contents(pem.get());
  Io der(BIO_new(BIO_s_mem()));
  i2d_X509_REQ_bio(der.get(), request.get());
  result.csr_der = Contents(der.get());
  return result;
}

StatusOr<CertificateLife> ReadCertificateLife(const std::string& certificate_pem) {
  FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(certificate_pem));
  return CertificateLife{ToTimestamp(X509_get0_notBefore(certificate.get())),
                         ToTimestamp(X509_get0_notAfter(certificate.get()))};
}

Status CheckKeyMatches(const std::string& key_pem, const std::string& certificate_pem) {
  FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(certificate_pem));
  Io in(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!key) return InvalidArgument("not a private key in PEM: " + OpenSslReason());
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return OkStatus();
  ERR_clear_error();
  return InvalidArgument("the certificate is for another key");
}

StatusOr<std::string> FetchCa(const std::string& address, const std::string& server_name,
                              const std::string& fingerprint, Duration patience) {
  size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return InvalidArgument(fmt::format("'{}' is not an address; write host:port", address));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);

  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Verified below, against the one authority that the token names.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  const unsigned char http2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), http2, sizeof http2);
  Io connection(BIO_new_ssl_connect(context.get()));
  SSL* tls = nullptr;
  BIO_get_ssl(connection.get(), &tls);
  SSL_set_tlsext_host_name(tls, (server_name.empty() ? host : server_name).c_str());
  BIO_set_conn_hostname(connection.get(), address.c_str());
  ERR_clear_error();
  BIO_set_nbio(connection.get(), 1);
  time_t deadline = ToMillis(SystemClock().Now() + patience) / 1000 + 1;
  while (BIO_do_connect(connection.get()) <= 0) {
    bool again = BIO_should_retry(connection.get());
    if (again && BIO_wait(connection.get(), deadline, 20) > 0) continue;
    return Unavailable(
        fmt::format("{}: cannot be reached ({}); check the address, that the collector runs, and "
                    "that this host may "
                    "open connections to it",
                    address, again ? "no answer" : OpenSslReason()));
  }

  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(tls);
  X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr || chain == nullptr) {
    return Unavailable(
        fmt::format("{}: shows no certificate; is this the collector's gRPC port?", address));
  }
  X509* authority = nullptr;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (FingerprintOf(sk_X509_value(chain, i)) == fingerprint) authority = sk_X509_value(chain, i);
  }
  if (authority == nullptr) {
    X509* last = sk_X509_value(chain, sk_X509_num(chain) - 1);
    return PermissionDenied(
        fmt::format("{}: is not the collector that made the token: its authority has the "
                    "fingerprint {}, the token asks "
                    "for {}; check the address, or ask your vendor for a new token",
                    address, FingerprintOf(last), fingerprint));
  }
  FW_RETURN_IF_ERROR(
      CheckChain(leaf, authority, chain)
          .With(fmt::format("{}: its certificate is not signed by the authority that the "
                            "token names",
                            address)));
  const std::string& name = server_name.empty() ? host : server_name;
  if (X509_check_host(leaf, name.data(), name.size(), 0, nullptr) != 1 &&
      X509_check_ip_asc(leaf, name.c_str(), 0) != 1) {
    return PermissionDenied(
        fmt::format("{}: its certificate is for {}, not for '{}'; reach it by one of these names, "
                    "or have the name "
                    "added to the collector's certificate",
                    address, NamesOf(leaf), name));
  }
  Io pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(pem.get(), authority);
  return Contents(pem.get());
}

}  // namespace forewarn
