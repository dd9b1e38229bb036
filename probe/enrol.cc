#include "probe/enrol.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "probe/crypto.h"

namespace forewarn {
namespace {

constexpr Duration kPatience = 10s;

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// What to do about a refused token; the collector's message says which it is.
Status Explain(const Status& status, const std::string& collector) {
  std::string what = fmt::format("{}: {}", collector, status.message());
  if (status.code() == Code::kUnauthenticated) {
    what += " (which is for your vendor to do)";
  } else if (status.code() == Code::kUnimplemented) {
    what += "; this port does not enrol probes: is it the collector's gRPC port?";
  }
  return {status.code(), what};
}

}  // namespace

StatusOr<EnrolmentTokenText> ParseEnrolmentToken(std::string_view text) {
  text = Trim(text);
  Status bad = InvalidArgument(
      "not an enrolment token: it looks like fw1.<secret>.<64 hex digits>; copy it as it was "
      "given");
  size_t first = text.find('.');
  size_t last = text.rfind('.');
  if (first == std::string_view::npos || first == last || text.substr(0, first) != "fw1")
    return bad;
  std::string_view fingerprint = text.substr(last + 1);
  if (last - first < 2 || fingerprint.size() != 64 || !IsLowerHex(fingerprint)) return bad;
  if (text.find_first_of(" \t\r\n") != std::string_view::npos || text.size() > 1024) return bad;
  return EnrolmentTokenText{std::string(text), std::string(fingerprint)};
}

GrpcOptions CollectorOf(const ProbeIdentityFile& identity) {
  return {identity.collector, identity.server_name};
}
TlsIdentity TlsOf(const ProbeIdentityFile& identity) {
  return {identity.ca_pem, identity.certificate_pem, identity.key_pem};
}

StatusOr<ProbeIdentityFile> Enrol(const EnrolOptions& options, EnrolmentCalls& calls,
                                  const Clock& clock) {
  std::string path = IdentityPath(options.state_dir);
  if (FileExists(path) && !options.force) {
    return AlreadyExists(
        fmt::format("{}: this probe is enrolled already; with --force it becomes a new probe and "
                    "the old one is silent",
                    path));
  }
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(options.token_file, 64 << 10));
  StatusOr<EnrolmentTokenText> token = ParseEnrolmentToken(text);
  if (!token.ok()) return token.status().With(options.token_file);
  // A folder that cannot be written to shows before the token is spent.
  FW_RETURN_IF_ERROR(MakeDirs(options.state_dir, 0700));
  if (access(options.state_dir.c_str(), W_OK) != 0) {
    return PermissionDenied(
        fmt::format("{}: cannot be written to; run as its owner", options.state_dir));
  }

  const GrpcOptions& collector = options.collector;
  FW_ASSIGN_OR_RETURN(std::string ca, FetchCa(collector.collector, collector.server_name,
                                              token->ca_fingerprint, kPatience));
  FW_ASSIGN_OR_RETURN(KeyAndRequest made, MakeKeyAndRequest());
  StatusOr<EnrolAnswer> answer =
      calls.Enrol(collector, ca, token->text, made.csr_der, options.host);
  if (!answer.ok()) return Explain(answer.status(), collector.collector);
  FW_RETURN_IF_ERROR(
      CheckKeyMatches(made.key_pem, answer->certificate_pem)
          .With(fmt::format("{}: the answer to the enrolment", collector.collector)));
  ProbeIdentityFile identity;
  identity.collector = collector.collector;
  identity.server_name = collector.server_name;
  identity.customer = answer->customer;
  identity.installation = answer->installation;
  identity.probe = answer->probe;
  // What the token pinned stays the root: the answer's own copy of it adds nothing.
  identity.ca_pem = ca;
  identity.certificate_pem = answer->certificate_pem;
  identity.key_pem = made.key_pem;
  identity.enrolled_at = clock.Now();
  FW_RETURN_IF_ERROR(SaveIdentity(options.state_dir, identity));
  return identity;
}

Status Renew(const std::string& state_dir, ProbeIdentityFile& identity, EnrolmentCalls& calls) {
  FW_ASSIGN_OR_RETURN(KeyAndRequest made, MakeKeyAndRequest());
  FW_ASSIGN_OR_RETURN(EnrolAnswer answer,
                      calls.Renew(CollectorOf(identity), TlsOf(identity), made.csr_der));
  FW_RETURN_IF_ERROR(
      CheckKeyMatches(made.key_pem, answer.certificate_pem).With("the renewed certificate"));
  ProbeIdentityFile renewed = identity;
  renewed.key_pem = made.key_pem;
  renewed.certificate_pem = answer.certificate_pem;
  // The collector's authority may change; it is named over a connection that the old one vouches
  // for.
  if (!answer.ca_pem.empty()) renewed.ca_pem = answer.ca_pem;
  FW_RETURN_IF_ERROR(SaveIdentity(state_dir, renewed));
  identity = std::move(renewed);
  return OkStatus();
}

}  // namespace forewarn
