#include "collector/access.h"

namespace forewarn {
namespace {

constexpr std::string_view kEnrol = "/forewarn.v1.EnrolmentService/Enrol";
constexpr std::string_view kRenew = "/forewarn.v1.EnrolmentService/Renew";
constexpr std::string_view kIngest = "/forewarn.v1.IngestService/";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/";
constexpr std::string_view kOtlp = "/opentelemetry.proto.collector.";

}  // namespace

StatusOr<std::optional<Identity>> CheckAccess(std::string_view method,
                                              std::span<const std::string> uris) {
  if (method == kEnrol || method.starts_with(kHealth)) return std::optional<Identity>();
  if (uris.empty() && IsOpenToTokens(method)) {
    return Unauthenticated(
        "this call needs a token or a probe's certificate: send `authorization: Bearer TOKEN`, "
        "with "
        "the text that `forewarnctl source-token create --door otlp` printed");
  }
  if (uris.empty()) {
    return Unauthenticated(
        "this call needs a client certificate; enrol the probe with "
        "`forewarn-probe enrol`, or give forewarnctl an operator's certificate");
  }
  if (uris.size() > 1) {
    return Unauthenticated("the client certificate names more than one identity");
  }
  FW_ASSIGN_OR_RETURN(Identity identity, ParseIdentity(uris[0]));
  bool for_probes = method == kRenew || method.starts_with(kIngest) || IsOpenToTokens(method);
  if (for_probes && !std::holds_alternative<ProbeIdentity>(identity)) {
    return PermissionDenied(
        "this call is for probes, and the certificate is an operator's; enrol a "
        "probe with `forewarn-probe enrol`");
  }
  if (!for_probes && !std::holds_alternative<OperatorIdentity>(identity)) {
    return PermissionDenied(
        "this call is for operators, and the certificate is a probe's; use an "
        "operator's certificate, such as tls/operator-admin.pem in the collector's "
        "data folder");
  }
  return std::optional<Identity>(std::move(identity));
}

bool IsOpenToTokens(std::string_view method) { return method.starts_with(kOtlp); }

}  // namespace forewarn
