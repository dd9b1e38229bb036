#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "probe/transport.h"

namespace forewarn::bench {

// What one more probe needs to call a collector.
struct EnrolledProbe {
  GrpcOptions collector;
  TlsIdentity identity;
};

// Enrols a probe for installation `main` of `customer`, as a person would by hand: asks for a one-time token
// with the operator's certificate in `tls`, the folder with the collector's ca.pem and operator-admin.{pem,key},
// and spends it.
StatusOr<EnrolledProbe> EnrolProbe(const std::string& collector, const std::string& tls,
                                   const std::string& customer, const std::string& host);

}  // namespace forewarn::bench
