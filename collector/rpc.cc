#include "collector/rpc.h"

#include <grpc/grpc_security_constants.h>

namespace forewarn {
namespace {

// Trailers are limited to 8 KiB by default, and a byte that is not printable takes three.
constexpr size_t kMaxMessageBytes = 2500;

std::string Shorten(const std::string& message) {
  if (message.size() <= kMaxMessageBytes) return message;
  size_t end = message.rfind('\n', kMaxMessageBytes);
  if (end == std::string::npos) end = kMaxMessageBytes;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  return message.substr(0, end) + "\n… and more";
}

}  // namespace

grpc::Status ToRpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), Shorten(status.message())};
}

std::vector<std::string> PeerUris(const grpc::AuthContext& auth) {
  std::vector<std::string> uris;
  if (!auth.IsPeerAuthenticated()) return uris;
  for (const grpc::string_ref& uri : auth.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  return uris;
}

StatusOr<ProbeIdentity> PeerProbe(const grpc::ServerContextBase& context) {
  std::vector<std::string> uris = PeerUris(*context.auth_context());
  if (uris.size() != 1) return Unauthenticated("this call needs a probe's certificate");
  FW_ASSIGN_OR_RETURN(Identity identity, ParseIdentity(uris[0]));
  const auto* probe = std::get_if<ProbeIdentity>(&identity);
  if (probe == nullptr) return PermissionDenied("this call is for probes");
  return *probe;
}

StatusOr<OperatorIdentity> PeerOperator(const grpc::ServerContextBase& context) {
  std::vector<std::string> uris = PeerUris(*context.auth_context());
  if (uris.size() != 1) return Unauthenticated("this call needs an operator's certificate");
  FW_ASSIGN_OR_RETURN(Identity identity, ParseIdentity(uris[0]));
  const auto* person = std::get_if<OperatorIdentity>(&identity);
  if (person == nullptr) return PermissionDenied("this call is for operators");
  return *person;
}

}  // namespace forewarn
