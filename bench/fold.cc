// What one core folds: rounds of a host's series through a shard, from the batch to the finished commit, without
// the wire before it and the disk behind it. Compare the two as a ratio: what rules cost over mere taking in.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>

#include "base/check.h"
#include "collector/shard.h"
#include "store/memory_store.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'767'225'600'000);
constexpr Duration kRound = 15s;
const ProbeIdentity kProbe = {"acme", "berlin", "00000000-0000-4000-8000-000000000001"};

constexpr char kRules[] = R"(
groups:
- name: disks
  rules:
  - record: disk:seconds_to_full
    expr: disk_free_bytes / (-deriv(disk_free_bytes[10m]) > 0)
  - alert: DiskWillFill
    expr: disk:seconds_to_full < 4 * 3600
    for: 10m
)";

Bundle MakeBundle(bool with_rules) {
  Bundle bundle;
  bundle.id = with_rules ? "with" : "without";
  Customer customer;
  customer.id = kProbe.customer;
  customer.name = "Acme";
  bundle.customers = {customer};
  if (with_rules) bundle.rule_files = {{"rules/disks.yaml", kRules}};
  return bundle;
}

std::shared_ptr<const SeriesTable> MakeTable(int64_t series) {
  auto table = std::make_shared<SeriesTable>();
  for (int64_t i = 0; i < series; ++i) {
    table->series.push_back({{"__name__", "disk_free_bytes"},
                             {"customer", kProbe.customer},
                             {"installation", kProbe.installation},
                             {"probe", kProbe.probe},
                             {"instance", "host-1"},
                             {"mountpoint", fmt::format("/data/{}", i)}});
  }
  return table;
}

// One round of every series, each falling at its own pace.
Entry MakeRound(const std::shared_ptr<const SeriesTable>& table, uint64_t number) {
  Timestamp at = kStart + static_cast<int64_t>(number) * kRound;
  Batch batch;
  batch.source = kProbe;
  batch.epoch = 1;
  batch.sequence = number;
  batch.samples.table = table;
  for (uint32_t i = 0; i < table->series.size(); ++i) {
    batch.samples.refs.push_back(i);
    batch.samples.times.push_back(at);
    batch.samples.values.push_back(1e11 - 1e4 * (i + 1.0) * static_cast<double>(number));
  }
  Round round;
  round.end = at;
  round.interval = kRound;
  batch.rounds = {round};
  Entry entry;
  entry.arrival = at;
  entry.what = std::move(batch);
  return entry;
}

void FoldRounds(benchmark::State& state, bool with_rules) {
  MemoryStore store;
  Shard shard(0, store, HeadOptions{});
  FW_CHECK(shard.Recover().ok());
  Entry bundle;
  bundle.arrival = kStart;
  bundle.what = MakeBundle(with_rules);
  FW_CHECK(shard.Handle(std::move(bundle)).outcome.ok());
  std::shared_ptr<const SeriesTable> table = MakeTable(state.range(0));
  uint64_t number = 0;
  for (auto _ : state) {
    Commit commit = shard.Handle(MakeRound(table, ++number));
    FW_CHECK(commit.outcome.ok());
    benchmark::DoNotOptimize(commit);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes/series"] =
      static_cast<double>(shard.head().memory_bytes()) / static_cast<double>(shard.head().series_count());
}

BENCHMARK_CAPTURE(FoldRounds, TakingIn, false)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(FoldRounds, WithRules, true)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace forewarn
