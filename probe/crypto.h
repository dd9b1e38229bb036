#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// What the probe needs of OpenSSL, which is in crypto.cc alone. Pure but for FetchCa().

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view text);

struct KeyAndRequest {
  std::string key_pem;  // P-256, PKCS #8
  std::string csr_der;  // PKCS #10, signed with it; the subject says nothing
};
StatusOr<KeyAndRequest> MakeKeyAndRequest();

struct CertificateLife {
  Timestamp not_before;
  Timestamp not_after;

  // A third of the life is left.
  bool ShouldRenew(Timestamp now) const { return now >= not_after - (not_after - not_before) / 3; }
};
// Of the first certificate in the text.
StatusOr<CertificateLife> ReadCertificateLife(const std::string& certificate_pem);

// OK when `key_pem` is the key of the first certificate in `certificate_pem`.
Status CheckKeyMatches(const std::string& key_pem, const std::string& certificate_pem);

// Connects to `address` (host:port), takes the chain that the server shows, and returns as PEM the
// one authority in it whose certificate has the fingerprint (SHA-256 of the DER, hex), once it is
// clear that the server's own certificate is signed by it and is for `server_name` (empty: the host
// of `address`).
//   UNAVAILABLE         nobody answers there, or does not speak TLS
//   PERMISSION_DENIED   somebody else answers: another authority, or a certificate for other names
StatusOr<std::string> FetchCa(const std::string& address, const std::string& server_name,
                              const std::string& fingerprint, Duration patience);

}  // namespace forewarn
