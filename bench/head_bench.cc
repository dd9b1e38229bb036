// What an open sample costs: walks all series of a head, one sample each and round after round, as a fleet of
// many hosts does, with a stream for each host. Prints nanoseconds per sample (of this thread's
// processor time, appending only), the bytes per series that the head says it holds, and those that the
// process has grown by.

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/host_blocks.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "bench/workload_flags.h"
#include "model/telemetry.h"
#include "store/head.h"
#include "store/memory_store.h"

namespace forewarn::bench {
namespace {

// A store that keeps nothing: the head alone is measured.
class NoStore : public MemoryStore {
 public:
  StatusOr<uint64_t> LastSequence(uint32_t) const override { return last; }
  uint64_t last = 0;
};

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  int read = std::fscanf(file, "%zu %zu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * 4096 : 0;
}

// The identity that intake attaches.
Labels Attached(Labels labels, size_t host) {
  labels.Set("customer", "acme");
  labels.Set("installation", "main");
  labels.Set("probe", fmt::format("00000000-0000-4000-8000-{:012}", host));
  return labels;
}

Status Run(const WorkloadOptions& options, uint32_t chunk_bytes, bool attach) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Workload> workload, Workload::Open(options));
  size_t before = ResidentBytes();
  NoStore store;
  HeadOptions head_options;
  head_options.chunk_bytes = chunk_bytes;
  head_options.max_series_per_customer = head_options.max_series_per_probe = SIZE_MAX;
  Head head(1, store, head_options);
  FW_RETURN_IF_ERROR(head.Load());
  std::vector<HostBlocks> hosts;
  hosts.reserve(workload->hosts());
  for (size_t h = 0; h < workload->hosts(); ++h) {
    hosts.emplace_back(workload->Host(h), [&](Labels labels) {
      return attach ? Attached(std::move(labels), h) : std::move(labels);
    });
  }
  size_t drivers = ResidentBytes() - before;

  double naming = 0, appending = 0;
  size_t samples = 0, sealed = 0, refused = 0;
  bool first = true;
  for (bool more = true; more; first = false) {
    more = false;
    for (HostBlocks& host : hosts) {
      std::optional<Timestamp> at = host.Next();
      if (!at) continue;
      more = true;
      Commit commit;
      commit.partition = 1;
      commit.sequence = store.last + 1;
      double begun = CpuSeconds();
      head.Learn(host.block());
      Head::Refused out = head.Append(host.block(), *at, commit);
      (first ? naming : appending) += CpuSeconds() - begun;
      store.last = commit.sequence;
      if (!first) samples += commit.samples.size();
      sealed += commit.chunks.size();
      refused += out.too_old + out.too_new + out.duplicate + out.series_limit;
    }
  }
  auto series = static_cast<double>(head.series_count());
  fmt::print("{:>9} {:>10} {:>8} {:>8} {:>10} {:>11} {:>10} {:>10}\n", "series", "samples",
             "sealed", "refused", "new ns", "append ns", "head B", "grown B");
  fmt::print("{:>9} {:>10} {:>8} {:>8} {:>10.0f} {:>11.1f} {:>10.0f} {:>10.0f}\n",
             head.series_count(), samples, sealed, refused, naming * 1e9 / series,
             appending * 1e9 / static_cast<double>(samples),
             static_cast<double>(head.memory_bytes()) / series,
             static_cast<double>(ResidentBytes() - before - drivers) / series);
  return OkStatus();
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  using namespace forewarn;
  bench::WorkloadOptions options;
  options.start = FromMillis(1'767'225'600'000);
  bool attach = false;
  CLI::App app("Nanoseconds of an appended sample and bytes of a series in the head.");
  bench::AddWorkloadFlags(app, options);
  app.add_flag("--attach", attach, "Give each series the labels that intake attaches");
  uint32_t chunk_bytes = HeadOptions().chunk_bytes;
  app.add_option("--chunk-bytes", chunk_bytes, "Bytes of an open chunk at which the head cuts it")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Status status = bench::Run(options, chunk_bytes, attach);
  if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
  return status.ok() ? 0 : 1;
}
