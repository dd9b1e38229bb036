#pragma once

#include <memory>

#include "collector/ca.h"
#include "collector/calls.h"
#include "collector/desk.h"
#include "config/collector_settings.h"

namespace grpc {
class Service;
}

namespace forewarn {

// The services of proto/forewarn/v1/operate.proto, which is their specification; one source each,
// operate_<noun>.cc. Handlers run on `calls` and wait there for shards and commits. Lists that span
// partitions ask one after the other, so they are not one moment of all of them. The references are
// loans that outlive the services.
struct OperateParts {
  Desk& desk;
  CallPool& calls;
  const CertificateAuthority& ca;
  const CollectorSettings& settings;
};

std::unique_ptr<grpc::Service> MakeProbeService(const OperateParts& parts);
std::unique_ptr<grpc::Service> MakeSourceService(const OperateParts& parts);
std::unique_ptr<grpc::Service> MakeBundleService(const OperateParts& parts);
std::unique_ptr<grpc::Service> MakeQueryService(const OperateParts& parts);
std::unique_ptr<grpc::Service> MakeAlertService(const OperateParts& parts);
std::unique_ptr<grpc::Service> MakeTicketService(const OperateParts& parts);

}  // namespace forewarn
