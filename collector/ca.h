#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "collector/identity.h"

namespace forewarn {

// A server certificate that somebody else issued, instead of the authority's own.
struct ForeignServer {
  std::string certificate_file;  // PEM, with its chain; empty: none
  std::string key_file;
  std::string ca_file;  // what clients verify it with
};

struct CaOptions {
  std::string dir;  // made with 0700 when missing
  ForeignServer foreign;
  // Names and addresses by which the collector is reached, beside localhost, 127.0.0.1, ::1 and the
  // host's own name. In the server's certificate.
  std::vector<std::string> names;
  Duration probe_lifetime = 24h * 30;
  // Renewed at a start only, so it outlasts the longest run; never beyond the authority's own end.
  Duration server_lifetime = 24h * 365 * 5;
  Duration operator_lifetime = 24h * 365;
};

// A certificate chain and its key, as PEM.
struct KeyAndChain {
  std::string key;
  std::string chain;  // the leaf, then the authority
};

// The collector's own certificate authority: who holds its certificate is let in, and only who has
// its fingerprint knows whom to enrol with. Made at the first start, in one folder:
//
//   ca.pem ca.key                         the authority: P-256, 10 years
//   server.pem server.key                 what the listener shows, with the authority in its chain
//   operator-admin.pem operator-admin.key for forewarnctl on this machine
//
// Keys are 0600 and written before the certificate that names them, each file atomically, so that a
// start which dies half way is finished by the next. Immutable once open; thread-safe.
class CertificateAuthority {
 public:
  // Makes or loads the authority; issues the server's certificate anew when the names changed, when
  // less than half of its life is left at `now`, or when it is not the authority's. Refuses a
  // folder that it cannot use, naming the file and the remedy; an authority is never replaced.
  static StatusOr<std::unique_ptr<CertificateAuthority>> Open(const CaOptions& options,
                                                              Timestamp now);
  ~CertificateAuthority();

  // Who signs the certificates of probes and operators.
  const std::string& ca_pem() const { return ca_pem_; }
  // What probes and operators verify the server with: the authority, or the foreign server's.
  const std::string& trust_pem() const { return trust_pem_; }
  // SHA-256 of the DER of trust_pem()'s first certificate, 64 hex digits: what an enrolment token
  // pins. That certificate is in the chain that the server shows.
  const std::string& fingerprint() const { return fingerprint_; }
  const KeyAndChain& server() const { return server_; }
  // When the server's certificate ends, whoever issued it.
  Timestamp server_expires_at() const { return server_expires_at_; }

  // Checks a PKCS #10 request: a P-256 key and a good signature, at most 16 KiB; kInvalidArgument
  // otherwise. Its subject and extensions are ignored.
  static Status CheckRequest(std::string_view csr_der);
  // Checks and signs. The certificate holds the identity and nothing of the request but its key; as
  // PEM, with the authority after it.
  StatusOr<std::string> SignProbe(std::string_view csr_der, const ProbeIdentity& identity,
                                  Timestamp now) const;
  // A new key with a certificate for a person or a program of the vendor's.
  StatusOr<KeyAndChain> IssueOperator(const OperatorIdentity& identity, Timestamp now) const;

 private:
  struct Keys;

  CertificateAuthority();
  Status LoadOrMakeAuthority(Timestamp now);
  Status LoadOrMakeServer(Timestamp now);
  Status LoadForeignServer(Timestamp now);
  Status LoadOrMakeOperator(Timestamp now);

  CaOptions options_;
  std::unique_ptr<Keys> keys_;
  std::string ca_pem_;
  std::string trust_pem_;
  std::string fingerprint_;
  KeyAndChain server_;
  Timestamp server_expires_at_;
};

}  // namespace forewarn
