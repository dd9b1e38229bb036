// What a rule costs for each series that it looks at, with each round of each probe: what the engine does with an
// entry, the samples' way into the store not counted. 1000 probes with 100 series each, 100 rules over one metric
// each; by rules that are kept up to date as samples come, and by the general evaluator. Then rules by the thousand:
// several over each metric, or each for ten of the probes. Items are series of rules.
// Last, what rules that are kept up to date take of memory.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/direct_probe.h"
#include "bench/timing.h"
#include "model/ids.h"
#include "rules/contact.h"
#include "rules/engine.h"
#include "store/head.h"
#include "store/memory_store.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
constexpr size_t kSeries = 100;  // of each probe, and rules over them

// FW_BENCH_PROBES=n says otherwise: with a few it shows that it works, and its figures mean nothing.
size_t Probes() {
  static const char* said = std::getenv("FW_BENCH_PROBES");
  static const size_t probes = said == nullptr ? 1000 : std::stoul(said);
  return probes;
}

constexpr int kWarmUp = 42;  // rounds, until the longest range is full

struct Shape {
  const char* name;
  const char* expression;  // of one metric
};
constexpr Shape kShapes[] = {
    {"threshold", "{0} > 1e9"},
    {"rate 5m", "rate({0}[5m]) > 1e9"},
    {"predict_linear 10m", "predict_linear({0}[10m], 14400) < -1e12"},
    {"z-score 10m", "({0} - avg_over_time({0}[10m])) / stddev_over_time({0}[10m]) > 1e9"},
    {"ratio of two", "{0} / on (instance) metric_0 > 1e9"},
};

// One for each metric and each selector.
Bundle Rules(const Shape& shape, const std::vector<std::string>& selectors) {
  std::string yaml = "groups:\n- name: g\n  interval: 15s\n  rules:\n";
  for (size_t s = 0; s < kSeries; ++s) {
    for (size_t i = 0; i < selectors.size(); ++i) {
      const std::string metric = fmt::format("metric_{}{}", s, selectors[i]);
      yaml += fmt::format("  - alert: A{}_{}\n    expr: '{}'\n", s, i,
                          fmt::format(fmt::runtime(shape.expression), metric));
    }
  }
  Bundle bundle;
  bundle.id = "00000000000000b1";
  bundle.rule_files = {{"rules/bench.yaml", yaml}};
  bundle.files = bundle.rule_files;
  return bundle;
}

std::vector<bench::DirectProbe> MakeProbes() {
  std::vector<bench::DirectProbe> probes;
  for (size_t p = 0; p < Probes(); ++p) {
    probes.emplace_back(p, fmt::format("site-{}", p / 10), kSeries, [](size_t s) {
      return std::vector<Labels::Pair>{{"__name__", fmt::format("metric_{}", s)}};
    });
  }
  return probes;
}

// Probes, what they have sent, and the rules over it. What `selectors` says is added to each metric. There are rules after
// the first `history` rounds.
class Site {
 public:
  Site(const Shape& shape, const std::vector<std::string>& selectors, bool is_live, int history = 0)
      : is_live_(is_live), engine_(head_, contacts_, {}, is_live ? &head_ : nullptr) {
    FW_CHECK(head_.Load().ok());
    for (int i = 0; i < history; ++i) Round();
    engine_.Load(Rules(shape, selectors), at_);
    for (int i = 0; i < kWarmUp; ++i) Round();
  }

  // The seconds that the engine takes for a round of all probes.
  double Round() {
    at_ += 15s;
    double seconds = 0;
    for (bench::DirectProbe& probe : probes_) {
      Entry entry = probe.RoundOf(at_);
      const SampleBlock& block = std::get<Batch>(entry.what).samples;
      Commit commit;
      commit.partition = PartitionOf("acme");
      commit.sequence = ++sequence_;
      head_.Learn(block);
      head_.Append(block, at_, commit);
      std::vector<ProbeState> changed = contacts_.Observe(entry);
      const Applied applied{commit.samples, commit.new_series};
      const double begin = bench::CpuSeconds();
      Engine::Conclusions concluded = engine_.Observe(
          entry, changed, [](const Labels&, Sample) { return true; },
          is_live_ ? &applied : nullptr);
      seconds += bench::CpuSeconds() - begin;
      FW_CHECK(concluded.problems.empty() && concluded.alerts.empty());
    }
    return seconds;
  }

 private:
  const bool is_live_;
  MemoryStore store_;
  Head head_{PartitionOf("acme"), store_, HeadOptions{}};
  Contacts contacts_;
  Engine engine_;
  std::vector<bench::DirectProbe> probes_ = MakeProbes();
  uint64_t sequence_ = 0;
  Timestamp at_ = kStart;
};

// `items` rules concern each series, on an average.
void Run(benchmark::State& state, const Shape& shape, const std::vector<std::string>& selectors,
         bool is_live, double items, int history = 0) {
  Site site(shape, selectors, is_live, history);
  for (auto _ : state) state.SetIterationTime(site.Round());
  state.SetItemsProcessed(
      static_cast<int64_t>(static_cast<double>(state.iterations() * Probes() * kSeries) * items));
}

void BM_RuleOverSeries(benchmark::State& state) {
  const Shape& shape = kShapes[state.range(0)];
  const bool is_live = state.range(1) != 0;
  state.SetLabel(fmt::format("{}, {}", shape.name, is_live ? "kept up to date" : "general"));
  Run(state, shape, {""}, is_live, 1);
}
BENCHMARK(BM_RuleOverSeries)
    ->ArgsProduct({benchmark::CreateDenseRange(0, std::size(kShapes) - 1, 1), {0, 1}})
    ->UseManualTime()
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);

// Ranges of an hour, and of six, which are for the general evaluator alone.
void BM_LongRange(benchmark::State& state) {
  const bool is_live = state.range(1) != 0;
  const std::string expression = fmt::format("deriv({{0}}[{}h]) > 1e9", state.range(0));
  const Shape shape = {"long range", expression.c_str()};
  state.SetLabel(
      fmt::format("deriv {} h, {}", state.range(0), is_live ? "kept up to date" : "general"));
  Run(state, shape, {""}, is_live, 1, static_cast<int>(state.range(0)) * 240);
}
BENCHMARK(BM_LongRange)
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({6, 0})
    ->UseManualTime()
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);

// As many rules for each metric as the argument says, all over all series of it.
void BM_ManyRulesOverEachSeries(benchmark::State& state) {
  std::vector<std::string> selectors(static_cast<size_t>(state.range(0)));
  state.SetLabel(fmt::format("{} threshold rules", kSeries * selectors.size()));
  Run(state, kShapes[0], selectors, true, static_cast<double>(selectors.size()));
}
BENCHMARK(BM_ManyRulesOverEachSeries)
    ->Arg(10)
    ->UseManualTime()
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);

// A rule for each metric and ten probes.
void BM_RulesOfTenProbesEach(benchmark::State& state) {
  std::vector<std::string> selectors;
  for (size_t p = 0; p < Probes(); p += 10) {
    std::string hosts;
    for (size_t i = p; i < std::min(p + 10, Probes()); ++i) {
      hosts += fmt::format("{}host-{}", hosts.empty() ? "" : "|", i);
    }
    selectors.push_back(fmt::format("{{instance=~\"{}\"}}", hosts));
  }
  state.SetLabel(fmt::format("{} threshold rules", kSeries * selectors.size()));
  Run(state, kShapes[0], selectors, true, 1);
}
BENCHMARK(BM_RulesOfTenProbesEach)->UseManualTime()->Iterations(4)->Unit(benchmark::kMillisecond);

// Bytes that are taken from the allocator, its own not counted.
size_t InUse() {
  const struct mallinfo2 use = mallinfo2();
  return use.uordblks + use.hblkhd;
}

// What keeping rules up to date takes of memory for each probe and metric, beside what it takes without.
double LiveBytes(const Shape& shape, size_t rules_of_each_metric) {
  const std::vector<std::string> selectors(rules_of_each_metric);
  double bytes[2];
  for (bool is_live : {false, true}) {
    const size_t before = InUse();
    Site site(shape, selectors, is_live);
    bytes[is_live] = static_cast<double>(InUse() - before);
  }
  return (bytes[1] - bytes[0]) / static_cast<double>(Probes() * kSeries);
}

void BM_BytesOfRules(benchmark::State& state) {
  for (auto _ : state) {
    const double plain = LiveBytes(kShapes[0], 1);
    const double with_twenty = LiveBytes(kShapes[1], 1);
    const double with_forty = LiveBytes(kShapes[2], 1);
    const double rule = (LiveBytes(kShapes[0], 11) - plain) / 10;
    state.counters["rule"] = rule;
    state.counters["selector_with_a_series"] = plain - rule;
    state.counters["further_series"] =
        LiveBytes({"all series", "{{job=\"node\"}} > 1e9"}, 1) - rule;
    state.counters["sample"] = (with_forty - with_twenty) / 20;
    state.counters["z_score"] = LiveBytes(kShapes[3], 1);
    state.SetIterationTime(1);
  }
}
BENCHMARK(BM_BytesOfRules)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace forewarn
