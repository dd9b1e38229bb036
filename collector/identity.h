#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "model/telemetry.h"

namespace forewarn {

// Who is on the other end of a connection. Comes from the one URI in the certificate's subject
// alternative names and from nowhere else:
//
//   spiffe://forewarn/customer/<slug>/installation/<slug>/probe/<uuid>
//   spiffe://forewarn/operator/<slug>

// A person or a program of the vendor's that may do everything.
struct OperatorIdentity {
  std::string name;

  friend bool operator==(const OperatorIdentity&, const OperatorIdentity&) = default;
};

using Identity = std::variant<ProbeIdentity, OperatorIdentity>;

// The URI for an identity whose parts are slugs and a UUID.
std::string IdentityUri(const Identity& identity);

// The inverse of IdentityUri(). Takes nothing else: no other case, no trailing slash, no escapes.
// kUnauthenticated with a sentence otherwise.
StatusOr<Identity> ParseIdentity(std::string_view uri);

}  // namespace forewarn
