#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collector/doors/otlp_door.h"
#include "collector/doors/token_directory.h"
#include "collector/fair_pool.h"
#include "model/telemetry.h"

namespace grpc {
class Service;
}

namespace forewarn {

// The id of the source that a probe is when it sends OTLP with its certificate.
std::string OtlpSourceId(const ProbeIdentity& probe);

// OTLP over gRPC, on the port of the probes: opentelemetry.proto.collector.{metrics,logs}.v1, whose
// calls are let in by a client certificate of a probe or by a bearer token (collector/server.h). One
// that comes with a probe's certificate is a source of its own, beside the probe and for as long as that is not retired. Loans that outlive
// the services; `exports` reads what comes, and ends before what takes it does.
std::vector<std::unique_ptr<grpc::Service>> MakeOtlpServices(OtlpDoor& door,
                                                             const TokenDirectory& tokens,
                                                             FairPool& exports, const Clock& clock);

}  // namespace forewarn
