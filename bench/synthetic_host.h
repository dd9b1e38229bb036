#pragma once

#include <memory>

#include "bench/workload.h"

namespace forewarn::bench {

// One host of the synthetic mix; the mix is described at the top of synthetic_host.cc.
std::unique_ptr<HostTelemetry> MakeSyntheticHost(const WorkloadOptions& options, size_t host);

}  // namespace forewarn::bench
