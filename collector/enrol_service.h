#pragma once

#include <memory>

#include "collector/ca.h"
#include "collector/calls.h"
#include "collector/desk.h"
#include "collector/metrics.h"

namespace grpc {
class Service;
}

namespace forewarn {

// EnrolmentService of proto/forewarn/v1/ingest.proto: a one-time token becomes a certificate, and a
// certificate the next one. The token is used up, durably, before anything is signed; a request
// that could not be signed is refused before. Enrol() is open to anybody, so it has a pool to itself:
// `enrolments`; Renew() runs on `calls`. All arguments are loans that outlive the service.
std::unique_ptr<grpc::Service> MakeEnrolmentService(Desk& desk, CallPool& enrolments,
                                                    CallPool& calls, const CertificateAuthority& ca,
                                                    Metrics& metrics);

}  // namespace forewarn
