#pragma once

#include <cstdint>
#include <string>

#include "collector/doors/batch_builder.h"

namespace opentelemetry::proto::collector::metrics::v1 {
class ExportMetricsServiceRequest;
}

namespace forewarn {

// What one request of OTLP held, beside what is in the builder.
struct OtlpRead {
  uint64_t items = 0;     // data points or log records
  uint64_t rejected = 0;  // of them
  std::string reason;     // of the first
};

// Turns OTLP metrics into series as Prometheus knows them:
//
//   gauge, sum that may fall      the value
//   sum that only grows           <name>_total; differences are added up (delta_sums.h)
//   histogram                     <name>_bucket{le}, _count, _sum; differences are added up
//   exponential histogram         the same, with powers of two as bounds: buckets of a finer scale are
//                                 put together, so that the bounds stay the same whatever its scale;
//                                 its differences are rejected, since each has bounds of its own
//   summary                       <name>{quantile}, <name>_sum, <name>_count
//
// Attributes become labels (otlp_names.h), and `service.namespace`/`service.name` the label `job`,
// `service.instance.id` the label `instance`; all other attributes of a resource are the labels of one
// series `target_info` with these two. The scope's name and version are `otel_scope_name` and
// `otel_scope_version`. A point that says that nothing was recorded ends its series. A point that
// breaks a rule is rejected as a whole and counted.
OtlpRead ReadOtlpMetrics(
    const opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest& request,
    BatchBuilder& out);

}  // namespace forewarn
