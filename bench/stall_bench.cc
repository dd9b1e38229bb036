// How long a rule can hold up its shard: what one entry takes at most, with rules that mean harm. An installation
// of 100 000 series of two probes, with an hour of samples; after each bundle of bad rules, rounds of both probes and
// the ticks that follow. The time is that of the longest of these entries; CPU time of the shard's thread.
//
// The label says how it ended: what was refused or cut off, with the first complaint.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/direct_probe.h"
#include "bench/timing.h"
#include "collector/shard.h"
#include "model/ids.h"
#include "rules/rule_file.h"
#include "store/memory_store.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
constexpr size_t kProbes = 2;
constexpr Duration kInterval = 60s;  // of the samples
constexpr Duration kHistory = 1h;

// FW_BENCH_SERIES=n says otherwise: with a few it shows that it works, and its figures mean nothing.
size_t SeriesOfProbe() {
  static const char* said = std::getenv("FW_BENCH_SERIES");
  static const size_t series = said == nullptr ? 50'000 : std::stoul(said);
  return series;
}

struct Attack {
  std::string name;
  std::string rules;  // of a file, from `groups:` on
  size_t rounds = 1;  // in one batch
  Duration away{0};   // before the first of them
};

std::string Quoted(std::string text) {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return "'" + out + "'";
}

// `count` rules of one kind.
Attack Rules(std::string name, const std::string& expression, size_t count = 1,
             const std::string& more = "", const std::string& kind = "alert") {
  std::string yaml = "groups:\n- name: g\n  interval: 15s\n  rules:\n";
  for (size_t i = 0; i < count; ++i) {
    yaml += fmt::format("  - {}: R{}\n    expr: {}\n{}", kind, i, Quoted(expression), more);
  }
  return {std::move(name), std::move(yaml)};
}

std::string Nested(const std::string& head, const std::string& core, const std::string& tail,
                   int depth) {
  std::string text = core;
  for (int i = 0; i < depth; ++i) text = head + text + tail;
  return text;
}

std::string Repeated(const std::string& text, const std::string& between, int count) {
  std::string out = text;
  for (int i = 1; i < count; ++i) out += between + text;
  return out;
}

// A template that sets $t to 64 000 bytes.
std::string Long(const std::string& seed) {
  const std::string forty = Repeated("x", "", 40);
  return fmt::format(
      "{{{{ $t := reReplaceAll \"x\" \"{0}\" (reReplaceAll \"x\" \"{1}\" \"{2}\") }}}}", seed,
      forty, Repeated("x", "", static_cast<int>(1600 / seed.size())));
}

std::vector<Attack> Attacks() {
  const std::string never = " > 1e300";
  // Of one probe, evaluated at its rounds; of all, on the grid.
  const std::string sum = "sum by (installation) (m) > 1e300";
  std::vector<Attack> attacks;
  auto add = [&](Attack attack) { attacks.push_back(std::move(attack)); };
  add(Rules("nothing", "m{device=\"none\"} > 0"));
  add(Rules("threshold, a probe", "m" + never));
  add(Rules("threshold, general", "m @ end()" + never));
  add(Rules("threshold, grid", sum));
  add(Rules("cross product", "count(m * on () group_left () m)"));
  add(Rules("many to one",
            "count(m * on (customer) group_left () count by (customer) (m))" + never));
  add(Rules("many to one, general",
            "count(m @ end() * on (customer) group_left () count by (customer) (m))" + never));
  add(Rules("sets", "count((m @ end() and on (bucket) m) or (m unless on (device) m))" + never));
  add(Rules("range 30d", "sum(max_over_time(m[30d]))" + never));
  add(Rules("subquery 30d:1s", "sum(max_over_time(m[30d:1s]))" + never));
  add(Rules("subquery of a sum", "max_over_time(sum(m)[1h:1s])" + never));
  add(Rules("subqueries, nested",
            "max_over_time(max_over_time(vector(1)[1d:1s])[1d:10s])" + never));
  add(Rules("deep, abs", "sum(" + Nested("abs(", "m @ end()", ")", 150) + ")" + never));
  add(Rules("deep, minus", "sum(" + Nested("-(", "m @ end()", ")", 90) + ")" + never));
  add(Rules("deep, live", "sum(" + Nested("-(", "m", ")", 90) + ")" + never));
  add(Rules("wide", "sum(" + Repeated("m @ end()", " + ", 100) + ")" + never));
  add(Rules("wide, live", "sum(" + Repeated("m", " + ", 100) + ")" + never));
  add(Rules("wide scalars",
            "vector(" + Repeated("scalar(count(m @ end()))", " + ", 100) + ")" + never));
  add(Rules("matcher, dot star", "sum(m{text=~\".*(.*.*.*.*.*)*x\"} @ end())"));
  add(Rules("matcher, counted", "sum(m{text=~\"[ab]*a[ab]{800}\"} @ end())"));
  add(Rules("matcher, states", "sum(m{text=~\"[ab]*a[ab]{30}.*\"} @ end())"));
  add(Rules("label_replace, states",
            "count(label_replace(m, \"x\", \"$1\", \"text\", \"([ab]*)a[ab]{30}.*\"))" + never));
  add(Rules("label_replace, big",
            "count(label_replace(m, \"x\", \"$1\", \"text\", \"(.*)[ab]{800}(.*)\"))" + never));
  add(Rules(
      "label_join, growing",
      Nested("label_join(", "label_replace(m{bucket=\"1\"}, \"x\", \"0123456789\", \"\", \"\")",
             ", \"x\", \"\", \"x\", \"x\", \"x\", \"x\")", 12)));
  add(Rules("label_join, wide",
            "count(" + Nested("label_join(", "m", ", \"x\", \"\", \"text\", \"text\")", 40) + ")" +
                never));
  add(Rules("quantile", "quantile by (customer) (0.5, m @ end())" + never));
  add(Rules("topk", "topk(10, m @ end())" + never));
  add(Rules("sort", "sort(m @ end())" + never));
  add(Rules("count_values", "count_values(\"v\", m)" + never));
  add(Rules("histogram_quantile", "histogram_quantile(0.5, m)" + never));
  add(Rules("holt_winters", "holt_winters(m[1h], 0.5, 0.5)" + never));
  add(Rules("predict_linear, grid", "sum(predict_linear(m[1h], 3600))" + never));
  add(Rules("predict_linear, general", "sum(predict_linear(m[1h] @ end(), 3600))" + never));
  add(Rules("quantile_over_time", "quantile_over_time(0.5, m[1h])" + never));
  add(Rules("100 rules, threshold", "m" + never, 100));
  add(Rules("100 rules, live, grid", "sum(predict_linear(m[1h], 3600))" + never, 100));
  add(Rules("100 rules, general", "sum(m @ end())" + never, 100));
  add(Rules("100 rules, full budget", "count(m * on (customer) group_left () (vector(1) or m))",
            100));
  add(Rules("100 rules, deep", "sum(" + Nested("abs(", "m @ end()", ")", 150) + ")" + never, 100));
  Attack groups = {"100 groups, deep", "groups:\n"};
  for (int i = 0; i < 100; ++i) {
    groups.rules +=
        fmt::format("- name: g{}\n  interval: 15s\n  rules:\n  - alert: A\n    expr: {}\n", i,
                    Quoted("sum(" + Nested("abs(", "m @ end()", ")", 20) + ")" + never));
  }
  add(std::move(groups));
  Attack away = Rules("100 instants, general", "sum(m @ end())" + never, 10);
  away.away = 25min;
  add(std::move(away));
  Attack rounds = Rules("1000 rounds, 100 rules", "m" + never, 100);
  rounds.rounds = 1000;
  add(std::move(rounds));
  add(Rules("storm of alerts, a probe", "m > 0"));
  add(Rules("storm of alerts, grid",
            "m * on (customer) group_left () (0 * max by (customer) (m) + 1)"));
  add(Rules(
      "storm of texts", "m > 0", 1,
      "    annotations:\n      a: '{{ range query \"topk(1000, m)\" }}{{ .Value }}{{ end }}'\n"));
  add(Rules(
      "texts, args", "m{device=\"d1\"} > 0", 1,
      "    annotations:\n      a: '" + Long("x") + "{{ $a := args" + Repeated(" $t", "", 700) +
          " }}{{ range query \"topk(1000, m)\" }}{{ range $a }}{{ break }}{{ end }}{{ range $a }}"
          "{{ break }}{{ end }}{{ range $a }}{{ break }}{{ end }}{{ end }}'\n"));
  add(Rules("texts, match", "m{device=\"d1\"} > 0", 1,
            "    annotations:\n      a: '" + Long("abbababb") +
                Repeated("{{ match \"(a|b)*a(a|b){400}\" $t }}", "", 150) + "'\n"));
  add(Rules("texts, queries", "m{device=\"d1\"} > 0", 1, [] {
    std::string more = "    annotations:\n";
    for (int i = 0; i < 100; ++i) {
      more += fmt::format("      a{0}: '{{{{ query \"count(m offset {0}s)\" }}}}'\n", i + 1);
    }
    return more;
  }()));
  add(Rules("recording everything", "m", 1, "", "record"));
  add(Rules("recording new names",
            "label_replace(count_values(\"v\", m + time()), \"x\", \"1\", \"\", \"\")", 1, "",
            "record"));
  return attacks;
}

bench::DirectProbe MakeProbe(size_t number) {
  uint64_t random = number + 1;
  return {number, "main", SeriesOfProbe(), [&](size_t s) {
            std::string text;
            for (int i = 0; i < 64; ++i) {
              random = random * 6364136223846793005 + 1442695040888963407;
              text += (random >> 40) % 2 == 0 ? 'a' : 'b';
            }
            return std::vector<Labels::Pair>{{"__name__", "m"},
                                             {"bucket", std::to_string(s % 10)},
                                             {"device", fmt::format("d{}", s)},
                                             {"le", std::to_string(s % 20)},
                                             {"text", text}};
          }};
}

// Entries go to the shard one after the other, as its thread hands them in.
class World {
 public:
  World() : shard_(PartitionOf("acme"), store_, HeadOptions{}) {
    FW_CHECK(shard_.Recover().ok());
    for (size_t i = 0; i < kProbes; ++i) probes_.push_back(MakeProbe(i));
    for (at_ = kStart - kHistory; at_ <= kStart; at_ += kInterval) {
      for (bench::DirectProbe& probe : probes_) {
        Hand(probe.id(), probe.Samples(at_, probe.series()));
      }
    }
    at_ = kStart;
    longest_ = 0;
  }

  void Load(const Attack& attack) {
    Bundle bundle;
    bundle.id = "00000000000000b1";
    bundle.rule_files = {{"rules/bad.yaml", attack.rules}};
    bundle.files = bundle.rule_files;
    Hand("operator", std::move(bundle));
    load_ = std::exchange(longest_, 0);
    const std::vector<BundleFile> files = {{"rules/bad.yaml", attack.rules}};
    for (const RuleMistake& mistake : ParseRuleFiles(files).mistakes) {
      refusal_ = mistake.ToString().substr(0, 110);
    }
  }

  void Run(const Attack& attack) {
    at_ += attack.away;
    for (int turn = 0; turn < 4; ++turn) {
      at_ += 15s;
      for (bench::DirectProbe& probe : probes_) {
        Batch batch = probe.Samples(at_, 10);
        const size_t rounds = turn == 2 ? attack.rounds : 1;
        for (size_t i = rounds; i > 0; --i) {
          batch.rounds.push_back({at_ - static_cast<int64_t>(i - 1) * 10ms, 15s, {}});
        }
        Hand(probe.id(), std::move(batch));
        // What was left over; more than a few of them say nothing new.
        for (int i = 0; i < 5; ++i) {
          std::optional<Timestamp> due = shard_.NextTimer();
          if (!due || *due > at_) break;
          Hand("forewarn", Tick{});
        }
      }
    }
  }

  double longest() const { return longest_; }
  double load() const { return load_; }
  std::string complaint() const {
    if (!refusal_.empty()) return "refused: " + refusal_.substr(0, refusal_.find('\n'));
    for (const Engine::RuleStatus& rule : shard_.engine().Rules(at_)) {
      if (!rule.last_error.empty()) return rule.last_error.substr(0, 90);
    }
    return fmt::format("{} alerts", shard_.engine().Alerts().size());
  }

 private:
  template <typename What>
  void Hand(const std::string& actor, What what) {
    Entry entry{PartitionOf("acme"), at_, actor, std::move(what)};
    const double begin = bench::CpuSeconds();
    Commit commit = shard_.Handle(std::move(entry));
    longest_ = std::max(longest_, bench::CpuSeconds() - begin);
    FW_CHECK(commit.outcome.ok());
  }

  MemoryStore store_;
  Shard shard_;
  std::vector<bench::DirectProbe> probes_;
  Timestamp at_;
  double longest_ = 0;
  double load_ = 0;
  std::string refusal_;
};

void BM_Stall(benchmark::State& state, const Attack& attack) {
  for (auto _ : state) {
    World world;
    world.Load(attack);
    world.Run(attack);
    state.SetIterationTime(world.longest());
    state.counters["load_ms"] = world.load() * 1000;
    state.SetLabel(world.complaint());
  }
}

const bool registered = [] {
  for (const Attack& attack : Attacks()) {
    benchmark::RegisterBenchmark(("BM_Stall/" + attack.name).c_str(),
                                 [attack](benchmark::State& state) { BM_Stall(state, attack); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace forewarn
