// What a start costs: writes a workload's journal through heads, one for each partition, as the collector does;
// then opens the database again and rebuilds the heads from series and journal, on as many threads as asked for.
// Prints the seconds of the rebuilding, by the clock and of processor time.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/host_blocks.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "bench/workload_flags.h"
#include "model/ids.h"
#include "model/telemetry.h"
#include "store/head.h"
#include "store/store.h"

namespace forewarn::bench {
namespace {

constexpr size_t kGroup = 64;

HeadOptions Options() {
  HeadOptions options;
  options.max_series_per_customer = options.max_series_per_probe = SIZE_MAX;
  return options;
}

StatusOr<size_t> WriteJournal(const Workload& workload, Store& store) {
  std::vector<std::unique_ptr<Head>> heads;
  std::vector<uint64_t> sequences(kPartitions, 0);
  for (uint32_t p = 0; p < kPartitions; ++p) {
    heads.push_back(std::make_unique<Head>(p, store, Options()));
    FW_RETURN_IF_ERROR(heads.back()->Load());
  }
  std::vector<HostBlocks> hosts;
  hosts.reserve(workload.hosts());
  for (size_t h = 0; h < workload.hosts(); ++h) hosts.emplace_back(workload.Host(h));
  size_t samples = 0;
  std::vector<Commit> group;
  for (bool more = true; more;) {
    more = false;
    for (size_t h = 0; h < hosts.size(); ++h) {
      std::optional<Timestamp> at = hosts[h].Next();
      if (!at) continue;
      more = true;
      Commit& commit = group.emplace_back();
      commit.partition = static_cast<uint32_t>(h % kPartitions);
      commit.sequence = ++sequences[commit.partition];
      heads[commit.partition]->Learn(hosts[h].block());
      heads[commit.partition]->Append(hosts[h].block(), *at, commit);
      samples += commit.samples.size();
      if (group.size() < kGroup) continue;
      FW_RETURN_IF_ERROR(store.Commit(group));
      group.clear();
    }
  }
  FW_RETURN_IF_ERROR(store.Commit(group));
  return samples;
}

Status Rebuild(const std::string& dir, size_t threads, size_t samples) {
  double begun = Seconds();
  double used = ProcessCpuSeconds();
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore({.dir = dir}));
  double opened = Seconds();
  std::vector<std::unique_ptr<Head>> heads;
  std::vector<Status> outcomes(kPartitions);
  for (uint32_t p = 0; p < kPartitions; ++p) {
    heads.push_back(std::make_unique<Head>(p, *store, Options()));
  }
  std::atomic<uint32_t> next = 0;
  auto rebuild = [&] {
    for (uint32_t p = next++; p < kPartitions; p = next++) {
      outcomes[p] = heads[p]->Load();
      if (!outcomes[p].ok()) continue;
      outcomes[p] = store->ReadJournal(
          p, 1, [&](const Store::JournalItem& item) { return heads[p]->Replay(item); });
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 0; i < threads; ++i) helpers.emplace_back(rebuild);
  for (std::thread& helper : helpers) helper.join();
  double done = Seconds();
  size_t series = 0;
  for (uint32_t p = 0; p < kPartitions; ++p) {
    FW_RETURN_IF_ERROR(outcomes[p]);
    series += heads[p]->series_count();
  }
  fmt::print(
      "{} series, {} samples, {} threads: opened in {:.2f} s, rebuilt in {:.2f} s; {:.2f} s of "
      "processor "
      "time\n",
      series, samples, threads, opened - begun, done - opened, ProcessCpuSeconds() - used);
  return OkStatus();
}

Status Run(const WorkloadOptions& options, size_t threads) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Workload> workload, Workload::Open(options));
  std::string dir = (std::filesystem::temp_directory_path() / "fw-bench-XXXXXX").string();
  if (mkdtemp(dir.data()) == nullptr) return Unavailable("no temporary folder");
  auto measure = [&]() -> Status {
    FW_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore({.dir = dir + "/db"}));
    FW_ASSIGN_OR_RETURN(size_t samples, WriteJournal(*workload, *store));
    store.reset();
    return Rebuild(dir + "/db", threads, samples);
  };
  Status status = measure();
  std::filesystem::remove_all(dir);
  return status;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  using namespace forewarn;
  bench::WorkloadOptions options;
  options.start = FromMillis(1'767'225'600'000);
  size_t threads = 2;
  CLI::App app("Seconds to rebuild the heads from the journal.");
  bench::AddWorkloadFlags(app, options);
  app.add_option("--threads", threads, "Threads that rebuild")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Status status = bench::Run(options, std::max<size_t>(threads, 1));
  if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
  return status.ok() ? 0 : 1;
}
