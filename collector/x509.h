#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

struct evp_pkey_st;
struct x509_st;
struct X509_req_st;

namespace forewarn {

// Keys and certificates as the collector needs them: P-256, PEM files, no password. OpenSSL is in x509.cc alone.
// The functions are thread-safe; a value may be read by many threads. What OpenSSL has to say goes into the
// message and never stays behind in its error queue.

struct FreeX509 {
  void operator()(evp_pkey_st* key) const;
  void operator()(x509_st* certificate) const;
  void operator()(X509_req_st* request) const;
};
using PrivateKey = std::unique_ptr<evp_pkey_st, FreeX509>;
using Certificate = std::unique_ptr<x509_st, FreeX509>;
using CertificateRequest = std::unique_ptr<X509_req_st, FreeX509>;

StatusOr<PrivateKey> MakeKey();

// kDataLoss names the file.
StatusOr<PrivateKey> ReadKey(const std::string& path);
StatusOr<Certificate> ReadCertificate(const std::string& path);

// A PKCS #10 request in DER: a P-256 key and a good signature, at most 16 KiB; kInvalidArgument otherwise.
StatusOr<CertificateRequest> ReadRequest(std::string_view der);

std::string ToPem(evp_pkey_st* key);
std::string ToPem(x509_st* certificate);

// What goes into a certificate.
struct CertificateContent {
  std::string common_name;
  std::string alternative_names;  // in OpenSSL's notation: `DNS:localhost,IP:::1`; empty: none
  std::string usage;              // extended key usage; empty: an authority
  Timestamp from;
  Timestamp to;
};

// A certificate for the key `subject`, signed by the issuer; `issuer` is null for an authority, which signs itself.
StatusOr<Certificate> Issue(const CertificateContent& content, evp_pkey_st* subject,
                            x509_st* issuer, evp_pkey_st* issuer_key);
// The same for the key in a request, of which nothing else is used.
StatusOr<Certificate> Issue(const CertificateContent& content, X509_req_st* subject,
                            x509_st* issuer, evp_pkey_st* issuer_key);

// Whether the certificate is for this key.
bool IsFor(x509_st* certificate, evp_pkey_st* key);
// Whether this key signed it.
bool IsSignedBy(x509_st* certificate, evp_pkey_st* key);
// Whether it holds exactly these alternative names, compared as they are encoded.
bool HasNames(x509_st* certificate, const std::string& names);
// Whether it ends within `left` after `now`.
bool EndsWithin(x509_st* certificate, Timestamp now, Duration left);
// When it ends; the epoch when its time cannot be read.
Timestamp EndOf(x509_st* certificate);

// SHA-256 of the certificate's DER, 64 lower-case hex digits.
std::string FingerprintOf(x509_st* certificate);
// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace forewarn
