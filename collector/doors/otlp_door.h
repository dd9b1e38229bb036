#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "collector/doors/intake.h"
#include "collector/doors/otlp_metrics.h"
#include "collector/doors/seldom_log.h"
#include "collector/metrics.h"
#include "config/collector_settings.h"

namespace opentelemetry::proto::collector {
namespace logs::v1 {
class ExportLogsServiceRequest;
}
namespace metrics::v1 {
class ExportMetricsServiceRequest;
}
}  // namespace opentelemetry::proto::collector

namespace forewarn {

// OTLP behind its two transports: a request that was let in becomes batches, and its answer is what
// both transports say in their own words. Thread-safe; nothing here waits.
class OtlpDoor {
 public:
  // Loans that outlive it and every answer that is still owed; `intake` gives null while the collector
  // takes nothing.
  OtlpDoor(std::function<DoorIntake*()> intake, Metrics& metrics, const Clock& clock,
           const LimitSettings& limits);

  struct Answer {
    Status status;  // kUnavailable: send all of it again
    // Points or records that are not stored; no use to send them again. The fold counts samples: where points
    // of several samples are mixed with others, those that it left out are counted in proportion.
    uint64_t rejected = 0;
    std::string message;  // why
  };
  using Done = std::function<void(const Answer&)>;

  // `done` is called once, when what was taken is durable.
  void Export(
      const SourceToken& from,
      const opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest& request,
      Done done);
  void Export(const SourceToken& from,
              const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request,
              Done done);
  // What a request is told, and counted as, that has to wait for its turn where there is no room for it.
  Status NoRoom();

 private:
  void Submit(const SourceToken& from, BatchBuilder& builder, OtlpRead read, Done done);

  const std::function<DoorIntake*()> intake_;
  Metrics& metrics_;
  const Clock& clock_;
  const LimitSettings& limits_;
  SeldomLog partial_;  // by source
};

}  // namespace forewarn
