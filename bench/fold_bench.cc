// What the fold costs for each sample, without a wire: a shard handles batches of one probe's
// series, and the store commits them in groups, in memory (the fold alone) and in RocksDB with a
// sync for each group. Items are samples. Rules are off, then a threshold over every series.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/direct_probe.h"
#include "collector/shard.h"
#include "model/ids.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
constexpr size_t kSeriesPerProbe = 500;
constexpr size_t kGroup = 16;

std::vector<bench::DirectProbe> MakeProbes(size_t count, size_t series = kSeriesPerProbe) {
  std::vector<bench::DirectProbe> probes;
  for (size_t p = 0; p < count; ++p) {
    probes.emplace_back(p, "main", series, [](size_t s) {
      return std::vector<Labels::Pair>{{"__name__", fmt::format("metric_{}", s)}};
    });
  }
  return probes;
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
  std::vector<bench::DirectProbe> probes = MakeProbes(static_cast<size_t>(state.range(0)));
  std::vector<Commit> group;
  if (with_rules) {
    group.push_back(shard.Handle({PartitionOf("acme"), kStart, "operator", Threshold()}));
  }
  Timestamp at = kStart;
  int64_t samples = 0;
  for (auto _ : state) {
    at += 15s;
    for (bench::DirectProbe& probe : probes) {
      group.push_back(shard.Handle(probe.RoundOf(at)));
      samples += kSeriesPerProbe;
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
  std::vector<bench::DirectProbe> probes = MakeProbes(static_cast<size_t>(state.range(0)), 1);
  shard.Handle({PartitionOf("acme"), kStart, "operator", Threshold()});
  Timestamp at = kStart;
  for (bench::DirectProbe& probe : probes) shard.Handle(probe.RoundOf(at));
  size_t turn = 0;
  for (auto _ : state) {
    if (turn == 0) at += 15s;
    benchmark::DoNotOptimize(shard.Handle(probes[turn].RoundOf(at)));
    benchmark::DoNotOptimize(shard.NextTimer());
    turn = (turn + 1) % probes.size();
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
