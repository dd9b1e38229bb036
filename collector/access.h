#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "collector/identity.h"

namespace forewarn {

// Who may call what. The server asks before any handler runs, for each call (collector/server.cc),
// so that a service cannot forget to. The rule is closed: what is not listed here is for operators.
//
//   anybody     EnrolmentService/Enrol, and the whole of grpc.health.v1.Health
//   probes      IngestService, EnrolmentService/Renew, and the whole of opentelemetry.proto.collector
//   operators   everything else
//
// `method` is the path of the call, `/forewarn.v1.IngestService/Push`; `uris` are the URIs in the
// verified client certificate, none without one. Returns the caller, or nothing for an open method.
// Otherwise kUnauthenticated (no certificate, no identity in it, more than one) or
// kPermissionDenied (the other kind of identity), with the remedy.
StatusOr<std::optional<Identity>> CheckAccess(std::string_view method,
                                              std::span<const std::string> uris);

// Whether a source's token opens the call instead of a certificate: those of opentelemetry.proto.
bool IsOpenToTokens(std::string_view method);

}  // namespace forewarn
