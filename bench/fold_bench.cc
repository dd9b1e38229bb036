// What the fold costs for each sample, without a wire: a shard handles batches of one host's
// series, and the store commits them in groups, in memory (the fold alone) and in RocksDB with a
// sync for each group. Items are samples. Rules are off, then a threshold over every series.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "collector/shard.h"
#include "model/ids.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
constexpr size_t kSeriesPerHost = 500;
constexpr size_t kGroup = 16;

struct Host {
  ProbeIdentity identity;
  std::shared_ptr<const SeriesTable> table;  // which the first batch of the stream has
  std::shared_ptr<const SeriesStream> stream = std::make_shared<const SeriesStream>();
  uint64_t sequence = 0;
};

std::vector<Host> MakeHosts(size_t count, size_t series_per_host = kSeriesPerHost) {
  std::vector<Host> hosts;
  for (size_t h = 0; h < count; ++h) {
    Host host;
    host.identity = {"acme", "main", fmt::format("00000000-0000-4000-8000-{:012}", h)};
    auto table = std::make_shared<SeriesTable>();
    for (size_t s = 0; s < series_per_host; ++s) {
      table->series.push_back(Labels{{"__name__", fmt::format("metric_{}", s)},
                                     {"customer", "acme"},
                                     {"installation", "main"},
                                     {"instance", fmt::format("host-{}", h)},
                                     {"job", "node"},
                                     {"probe", host.identity.probe}});
    }
    host.table = table;
    hosts.push_back(std::move(host));
  }
  return hosts;
}

Entry NextBatch(Host& host, Timestamp at) {
  Batch batch;
  batch.source = host.identity;
  batch.epoch = 1;
  batch.sequence = ++host.sequence;
  batch.samples.stream = host.stream;
  if (batch.sequence == 1) batch.samples.table = host.table;
  for (size_t s = 0; s < host.table->series.size(); ++s) {
    batch.samples.refs.push_back(static_cast<uint32_t>(s));
    batch.samples.times.push_back(at);
    batch.samples.values.push_back(static_cast<double>((s * 7 + host.sequence) % 1000));
  }
  batch.rounds = {{at, 15s, {}}};
  return {PartitionOf("acme"), at, host.identity.probe, std::move(batch)};
}

Bundle Threshold() {
  Bundle bundle;
  bundle.id = "00000000000000b1";
  bundle.rule_files = {{"rules/threshold.yaml", R"(
groups:
- name: threshold
  rules:
  - alert: TooHigh
    expr: '{__name__=~"metric_.+"} > 1e9'
)"}};
  bundle.files = bundle.rule_files;
  return bundle;
}

void Fold(benchmark::State& state, Store& store, bool with_rules) {
  Shard shard(PartitionOf("acme"), store, HeadOptions{});
  if (!shard.Recover().ok()) return state.SkipWithError("recovery failed");
  std::vector<Host> hosts = MakeHosts(static_cast<size_t>(state.range(0)));
  std::vector<Commit> group;
  if (with_rules) {
    group.push_back(shard.Handle({PartitionOf("acme"), kStart, "operator", Threshold()}));
  }
  Timestamp at = kStart;
  int64_t samples = 0;
  for (auto _ : state) {
    at += 15s;
    for (Host& host : hosts) {
      group.push_back(shard.Handle(NextBatch(host, at)));
      samples += kSeriesPerHost;
      if (group.size() < kGroup) continue;
      if (!store.Commit(group).ok()) return state.SkipWithError("the commit failed");
      group.clear();
    }
  }
  state.SetItemsProcessed(samples);
}

void BM_FoldInMemory(benchmark::State& state) {
  MemoryStore store;
  Fold(state, store, false);
}
BENCHMARK(BM_FoldInMemory)->Arg(20)->Unit(benchmark::kMillisecond);

void BM_FoldInMemoryWithThreshold(benchmark::State& state) {
  MemoryStore store;
  Fold(state, store, true);
}
BENCHMARK(BM_FoldInMemoryWithThreshold)->Arg(20)->Unit(benchmark::kMillisecond);

// One batch of one probe of an installation that has so many: what it costs must not depend on how
// many there are. As in a shard's thread, its timer is read after each entry.
void BM_FoldAmongManyProbes(benchmark::State& state) {
  MemoryStore store;
  Shard shard(PartitionOf("acme"), store, HeadOptions{});
  if (!shard.Recover().ok()) return state.SkipWithError("recovery failed");
  std::vector<Host> hosts = MakeHosts(static_cast<size_t>(state.range(0)), 1);
  shard.Handle({PartitionOf("acme"), kStart, "operator", Threshold()});
  Timestamp at = kStart;
  for (Host& host : hosts) shard.Handle(NextBatch(host, at));
  size_t turn = 0;
  for (auto _ : state) {
    if (turn == 0) at += 15s;
    benchmark::DoNotOptimize(shard.Handle(NextBatch(hosts[turn], at)));
    benchmark::DoNotOptimize(shard.NextTimer());
    turn = (turn + 1) % hosts.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FoldAmongManyProbes)->Arg(10)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void BM_FoldDurable(benchmark::State& state) {
  std::string pattern = (std::filesystem::temp_directory_path() / "fw-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return state.SkipWithError("no temporary folder");
  {
    StatusOr<std::unique_ptr<Store>> store = OpenStore({.dir = pattern + "/store"});
    if (!store.ok()) return state.SkipWithError(store.status().message().c_str());
    Fold(state, **store, false);
  }
  std::filesystem::remove_all(pattern);
}
BENCHMARK(BM_FoldDurable)->Arg(20)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace forewarn
