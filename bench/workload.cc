#include "bench/workload.h"

#include <algorithm>
#include <utility>

#include "bench/recording.h"
#include "bench/synthetic_host.h"

namespace forewarn::bench {
namespace {

class SyntheticWorkload : public Workload {
 public:
  explicit SyntheticWorkload(const WorkloadOptions& options) : options_(options) {}

  size_t hosts() const override { return options_.hosts; }
  size_t series_per_host() const override { return options_.metrics; }
  size_t rounds() const override { return options_.rounds; }
  std::unique_ptr<HostTelemetry> Host(size_t host) const override {
    return MakeSyntheticHost(options_, host);
  }

 private:
  const WorkloadOptions options_;
};

class RecordedWorkload : public Workload {
 public:
  RecordedWorkload(const WorkloadOptions& options, Recording recording)
      : options_(options), recording_(std::move(recording)) {}

  size_t hosts() const override { return options_.hosts; }
  size_t series_per_host() const override { return recording_.series().size(); }
  size_t rounds() const override {
    size_t taken = (recording_.rounds().size() + options_.every - 1) / options_.every;
    return std::min(options_.rounds, taken);
  }
  std::unique_ptr<HostTelemetry> Host(size_t host) const override {
    return MakeRecordedHost(recording_, options_, host);
  }

 private:
  const WorkloadOptions options_;
  const Recording recording_;
};

}  // namespace

StatusOr<std::unique_ptr<Workload>> Workload::Open(const WorkloadOptions& options) {
  if (options.hosts == 0) return InvalidArgument("a workload has at least one host");
  if (options.interval < 10ms) return InvalidArgument("the interval is at least 10 ms");
  if (options.every == 0) return InvalidArgument("every 0th round of a recording is none");
  if (options.recording.empty()) {
    if (options.metrics == 0) return InvalidArgument("a host has at least one metric");
    return std::unique_ptr<Workload>(std::make_unique<SyntheticWorkload>(options));
  }
  FW_ASSIGN_OR_RETURN(Recording recording, Recording::Read(options.recording));
  return std::unique_ptr<Workload>(
      std::make_unique<RecordedWorkload>(options, std::move(recording)));
}

}  // namespace forewarn::bench
