#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "probe/state_files.h"
#include "probe/transport.h"

namespace forewarn {

// The answer of the enrolment service.
struct EnrolAnswer {
  std::string certificate_pem;
  std::string ca_pem;
  std::string customer;  // this and the next two are empty after a renewal
  std::string installation;
  std::string probe;
};

// EnrolmentService as the probe needs it. The real one is in grpc_enrolment.cc. Each call waits at
// most half a minute.
class EnrolmentCalls {
 public:
  virtual ~EnrolmentCalls() = default;
  // Over TLS that trusts `ca_pem` alone, without a certificate of ours.
  virtual StatusOr<EnrolAnswer> Enrol(const GrpcOptions& collector, const std::string& ca_pem,
                                      const std::string& token, const std::string& csr_der,
                                      const std::string& host) = 0;
  virtual StatusOr<EnrolAnswer> Renew(const GrpcOptions& collector, const TlsIdentity& identity,
                                      const std::string& csr_der) = 0;
};
std::unique_ptr<EnrolmentCalls> MakeGrpcEnrolmentCalls();

// `fw1.<secret>.<SHA-256 of the authority's certificate, hex>`; white space around it is left out
// of account.
struct EnrolmentTokenText {
  std::string text;  // the whole token: what the collector wants to see
  std::string ca_fingerprint;
};
// INVALID_ARGUMENT says what a token looks like, and never shows the one given.
StatusOr<EnrolmentTokenText> ParseEnrolmentToken(std::string_view text);

struct EnrolOptions {
  GrpcOptions collector;
  std::string token_file;
  std::string state_dir;
  std::string host;
  bool force = false;  // replace an enrolment that is there
};

// Exchanges the token for an identity and writes it to the state folder. Finds the authority by its
// fingerprint in the chain that the collector shows, so that the token is handed to nobody else.
// Whatever fails, an identity that was there stays as it was.
StatusOr<ProbeIdentityFile> Enrol(const EnrolOptions& options, EnrolmentCalls& calls,
                                  const Clock& clock);

// A new key and certificate for the same identity, written to the state folder; `identity` is then
// the new one.
Status Renew(const std::string& state_dir, ProbeIdentityFile& identity, EnrolmentCalls& calls);

GrpcOptions CollectorOf(const ProbeIdentityFile& identity);
TlsIdentity TlsOf(const ProbeIdentityFile& identity);

}  // namespace forewarn
