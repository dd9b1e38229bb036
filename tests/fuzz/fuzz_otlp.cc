// What comes to the doors of OTLP: metrics and logs, in protobuf and in JSON. The first byte says which.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "collector/doors/bounded_parse.h"
#include "collector/doors/inflate.h"
#include "collector/doors/otlp_json.h"
#include "collector/doors/otlp_logs.h"
#include "collector/doors/otlp_metrics.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"
#include "tests/fuzz/look_at_batches.h"

namespace {

namespace logs = opentelemetry::proto::collector::logs::v1;
namespace metrics = opentelemetry::proto::collector::metrics::v1;

template <typename Request>
bool Parse(std::string_view bytes, bool is_json, Request& request) {
  if (is_json) return forewarn::ParseOtlpJson(bytes, request).ok();
  return forewarn::ParseBounded(bytes, request).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool is_json = (data[0] & 1) != 0;
  bool is_logs = (data[0] & 2) != 0;
  std::string inflated;
  if ((data[0] & 4) != 0) {
    forewarn::StatusOr<std::string> out = forewarn::Gunzip(bytes, 1 << 20);
    if (!out.ok()) return 0;
    FW_CHECK(out->size() <= 1 << 20);
    inflated = *std::move(out);
    bytes = inflated;
  }
  forewarn::LimitSettings limits;
  forewarn::SourceToken from = forewarn::FuzzSource();
  forewarn::BatchBuilder builder(from, limits, forewarn::kFuzzNow);
  forewarn::OtlpRead read;
  if (is_logs) {
    logs::ExportLogsServiceRequest request;
    if (!Parse(bytes, is_json, request)) return 0;
    read = forewarn::ReadOtlpLogs(request, forewarn::kFuzzNow, builder);
  } else {
    metrics::ExportMetricsServiceRequest request;
    if (!Parse(bytes, is_json, request)) return 0;
    read = forewarn::ReadOtlpMetrics(request, builder);
  }
  FW_CHECK(read.rejected <= read.items);
  FW_CHECK((read.rejected == 0) == read.reason.empty());
  forewarn::LookAtBatches(builder.Take());
  return 0;
}
