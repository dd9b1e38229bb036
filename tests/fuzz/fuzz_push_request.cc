// What a probe pushes: a stream of requests, each after its length. Nothing crashes; what is
// accepted keeps the promises that the fold relies on.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "collector/wire.h"
#include "forewarn/v1/ingest.pb.h"

namespace {

void Look(const forewarn::Batch& batch, size_t& named) {
  const forewarn::SampleBlock& samples = batch.samples;
  FW_CHECK(samples.refs.size() == samples.times.size() &&
           samples.refs.size() == samples.values.size());
  FW_CHECK(samples.stream != nullptr && samples.first_ref == named);
  if (samples.table != nullptr) named += samples.table->series.size();
  for (uint32_t ref : samples.refs) FW_CHECK(ref < named);
  for (forewarn::Timestamp at : samples.times) FW_CHECK(at >= forewarn::kTimeZero);
  if (samples.table == nullptr) return;
  for (const forewarn::Labels& labels : samples.table->series) {
    FW_CHECK(labels.Get("customer") == "acme");
    FW_CHECK(forewarn::IsMetricName(labels.name()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  forewarn::ProbeIdentity probe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};
  forewarn::LimitSettings limits;
  limits.series_per_probe = 64;
  forewarn::BatchReader reader(probe, "host", limits);
  size_t named = 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() > 2) {
    size_t length =
        static_cast<uint8_t>(rest[0]) | static_cast<size_t>(static_cast<uint8_t>(rest[1])) << 8;
    std::string_view bytes = rest.substr(2, length);
    rest.remove_prefix(2 + bytes.size());
    forewarn::v1::PushRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return 0;
    if (request.has_hello()) {
      (void)forewarn::ReadHello(request.hello(), probe, forewarn::FromMillis(1'780'000'000'000));
      continue;
    }
    forewarn::StatusOr<forewarn::Batch> batch = reader.Read(request.batch());
    if (!batch.ok()) return 0;
    Look(*batch, named);
  }
  return 0;
}
