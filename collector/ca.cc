#include "collector/ca.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "base/file.h"
#include "base/random.h"
#include "collector/x509.h"

namespace forewarn {
namespace {

constexpr Duration kAuthorityLifetime = 24h * 3650;
// Clocks of probes are not ours: a new certificate is good at once where the clock is behind.
constexpr Duration kBackdate = 1h;

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

}  // namespace

struct CertificateAuthority::Keys {
  PrivateKey key;
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
    if (!IsFor(keys_->certificate.get(), keys_->key.get())) {
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
    CertificateContent content;
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
  // Which setting named the file that is wrong.
  auto at = [](const char* setting, auto read) {
    return read.ok() ? std::move(read) : decltype(read)(read.status().With(setting));
  };
  FW_ASSIGN_OR_RETURN(PrivateKey key, at("grpc.tls.key_file", ReadKey(files.key_file)));
  FW_ASSIGN_OR_RETURN(Certificate certificate,
                      at("grpc.tls.certificate_file", ReadCertificate(files.certificate_file)));
  FW_ASSIGN_OR_RETURN(Certificate trust, at("grpc.tls.ca_file", ReadCertificate(files.ca_file)));
  if (!IsFor(certificate.get(), key.get())) {
    return FailedPrecondition(
        fmt::format("grpc.tls: {} is not the key of {}; name a key and a certificate that were "
                    "issued together",
                    files.key_file, files.certificate_file));
  }
  if (EndsWithin(certificate.get(), now, Duration(0))) {
    return FailedPrecondition(
        fmt::format("grpc.tls.certificate_file: {} has expired; put a new certificate there",
                    files.certificate_file));
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
    FW_ASSIGN_OR_RETURN(PrivateKey key, ReadKey(key_path));
    FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(path));
    bool keep = HasNames(certificate.get(), names) &&
                !EndsWithin(certificate.get(), now, options_.server_lifetime / 2) &&
                IsFor(certificate.get(), key.get()) &&
                IsSignedBy(certificate.get(), keys_->key.get());
    if (keep) {
      server_expires_at_ = EndOf(certificate.get());
      server_ = {ToPem(key.get()), ToPem(certificate.get()) + ca_pem_};
      return OkStatus();
    }
  }
  FW_ASSIGN_OR_RETURN(PrivateKey key, MakeKey());
  CertificateContent content;
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
    FW_ASSIGN_OR_RETURN(PrivateKey key, ReadKey(key_path));
    FW_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(path));
    bool keep = !EndsWithin(certificate.get(), now, options_.operator_lifetime / 3) &&
                IsFor(certificate.get(), key.get()) &&
                IsSignedBy(certificate.get(), keys_->key.get());
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
  FW_ASSIGN_OR_RETURN(CertificateRequest request, ReadRequest(csr_der));
  CertificateContent content;
  content.common_name = identity.probe;
  content.alternative_names = "URI:" + IdentityUri(identity);
  content.usage = "clientAuth";
  content.from = now - kBackdate;
  content.to = now + options_.probe_lifetime;
  FW_ASSIGN_OR_RETURN(Certificate certificate,
                      Issue(content, request.get(), keys_->certificate.get(), keys_->key.get()));
  return ToPem(certificate.get()) + ca_pem_;
}

StatusOr<KeyAndChain> CertificateAuthority::IssueOperator(const OperatorIdentity& identity,
                                                          Timestamp now) const {
  FW_ASSIGN_OR_RETURN(PrivateKey key, MakeKey());
  CertificateContent content;
  content.common_name = identity.name;
  content.alternative_names = "URI:" + IdentityUri(identity);
  content.usage = "clientAuth";
  content.from = now - kBackdate;
  content.to = now + options_.operator_lifetime;
  FW_ASSIGN_OR_RETURN(Certificate certificate,
                      Issue(content, key.get(), keys_->certificate.get(), keys_->key.get()));
  return KeyAndChain{ToPem(key.get()), ToPem(certificate.get()) + ca_pem_};
}

}  // namespace forewarn
