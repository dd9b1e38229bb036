#include "rules/engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/record.h"
#include "base/rng.h"
#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Engine, EvaluatesARuleOverOneProbeWhenItsRoundArrives) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart + 17s, kStart + 18s, {{kX, 2}});
  ASSERT_EQ(world.changes.size(), 1u);
  const Alert& alert = world.changes[0].alert;
  EXPECT_EQ(world.changes[0].at, kStart + 17s) << "event time";
  EXPECT_EQ(alert.state, AlertState::kFiring);
  EXPECT_EQ(alert.labels.Get("probe"), Probe('a').probe);
  EXPECT_EQ(alert.labels.Get("alertname"), "A");
  EXPECT_EQ(alert.labels.name(), "");
  EXPECT_THAT(alert.probes, ElementsAre(Probe('a').probe));
  EXPECT_EQ(alert.value, 2);
  EXPECT_EQ(world.engine().Alerts().size(), 1u);
  EXPECT_TRUE(world.engine().Rules(kStart)[0].per_round);
}

TEST(Engine, RunsARuleForTheCustomersThatItNames) {
  const std::string rules =
      "groups:\n- name: g\n  rules:\n"
      "  - {alert: A, expr: x > 1, forewarn: {customers: {plan: gold}}}\n"
      "  - {alert: B, expr: sum(x) > 1, forewarn: {customers: {plan: [gold, silver]}}}\n";
  const auto with = [](std::string id, std::string plan) {
    Customer customer;
    customer.id = std::move(id);
    customer.labels = {{"plan", std::move(plan)}};
    return customer;
  };
  World world(rules);
  world.customers = {with(kCustomer, "gold"), with("umbrella", "iron")};
  world.Load(rules);
  ProbeIdentity other = {"umbrella", kInstallation, "cccccccc-0000-4000-8000-000000000000"};
  world.Round(other, kStart, kStart, {{kX, 2}});
  EXPECT_THAT(world.changes, IsEmpty());
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "0 B none -> firing"));
  world.customers[0] = with(kCustomer, "silver");
  world.Load(rules);
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 2}});
  EXPECT_THAT(world.Steps(),
              ElementsAre("0 A none -> firing", "0 B none -> firing", "0 A firing -> ended"));
}

TEST(Engine, JudgesEachCustomerByItsOwnThreshold) {
  const std::string rules = OneRule("x > scalar(threshold:most)",
                                    "    forewarn:\n      thresholds: {most: 10}\n"
                                    "      overrides: [{customer: umbrella, most: 100}]\n");
  World world(rules);
  world.customers.resize(2);
  world.customers[0].id = kCustomer;
  world.customers[1].id = "umbrella";
  world.Load(rules);
  ProbeIdentity other = {"umbrella", kInstallation, "cccccccc-0000-4000-8000-000000000000"};
  world.Round(other, kStart, kStart, {{kX, 50}});
  EXPECT_THAT(world.changes, IsEmpty());
  world.Round(Probe('a'), kStart, kStart, {{kX, 50}});
  world.Round(other, kStart + 1min, kStart + 1min, {{kX, 150}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "1 A none -> firing"));
  EXPECT_TRUE(world.engine().Rules(kStart)[0].per_round);
  // A number that is another, and is passed all the same, ends no alert.
  world.Load(OneRule("x > scalar(threshold:most)",
                     "    forewarn:\n      thresholds: {most: 20}\n"
                     "      overrides: [{customer: acme, most: 30}]\n"));
  EXPECT_EQ(world.changes.size(), 2u);
  EXPECT_EQ(world.engine().Alerts().size(), 2u);
}

TEST(Engine, DoesNotRewriteWhatItConcluded) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart + 2min, kStart + 2min, {{kX, 2}});
  world.Round(Probe('a'), kStart + 1min, kStart + 3min, {{kX, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("2 A none -> firing"));
}

TEST(Engine, PlansTheNetChangeOfACatchUpOnceAndLate) {
  World world(OneRule("x > 1"));
  for (int minute = 0; minute < 60; ++minute) {
    bool is_hot = (minute >= 10 && minute < 20) || minute >= 40;
    world.Round(Probe('a'), kStart + minute * 1min, kStart + 60min, {{kX, is_hot ? 2.0 : 0.0}});
  }
  EXPECT_THAT(world.Steps(),
              ElementsAre("10 A none -> firing unplanned", "20 A firing -> resolved unplanned",
                          "40 A none -> firing unplanned", "40 A none -> firing late"));
}

TEST(Engine, PlansWhatACatchUpHasFoundAfterAQuarterOfAnHour) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart + 2h, {{kX, 2}});
  EXPECT_EQ(world.engine().NextTimer(), kStart + 2h + 15min);
  world.Tick(kStart + 2h + 15min);
  EXPECT_THAT(world.Steps(), testing::Contains("0 A none -> firing late"));
  EXPECT_EQ(world.engine().NextTimer(), std::nullopt);
}

TEST(Engine, EndsAlertsWhoseRuleIsGoneAndKeepsThoseOfAnEditedOne) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Load(OneRule("x > 1.5"));
  EXPECT_EQ(world.engine().Alerts().size(), 1u);
  world.Load("groups:\n- name: g\n  rules:\n  - alert: B\n    expr: x > 1\n");
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "0 A firing -> ended"));
  EXPECT_THAT(world.engine().Alerts(), IsEmpty());
}

TEST(Engine, KeepsItsRulesWhenABundleCannotBeRead) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Load(OneRule("x >"));
  EXPECT_EQ(world.problems.size(), 1u);
  EXPECT_EQ(world.engine().Alerts().size(), 1u);
  EXPECT_EQ(world.engine().Rules(kStart).size(), 1u);
}

TEST(Engine, NamesTheSelectorsThatMatchNothing) {
  World world(
      "detectors:\n- record: d:left\n  forecast: {series: disk_free}\n"
      "groups:\n- name: g\n  rules:\n  - record: x:high\n    expr: x > 1\n"
      "  - alert: A\n    expr: x:high{disk=\"sda\"} > 0 and on() y{job!=\"b\"} > y{job!=\"b\"}\n"
      "  - alert: B\n    expr: d:left < 5\n  - alert: C\n    expr: vector(1)\n");
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  std::vector<Engine::RuleStatus> rules = world.engine().Rules(kStart + 1h);
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_THAT(rules[0].unmatched, IsEmpty());
  EXPECT_THAT(rules[1].unmatched, ElementsAre("y{job!=\"b\"}")) << "x is there below x:high";
  EXPECT_THAT(rules[2].unmatched, ElementsAre("disk_free")) << "what the detector watches";
  EXPECT_THAT(rules[3].unmatched, IsEmpty());
  rules = world.engine().Rules(kStart + 25h);
  EXPECT_THAT(rules[0].unmatched, ElementsAre("x")) << "not for a day";
}

constexpr std::string_view kManyRules = R"(groups:
- name: g
  rules:
  - record: x:high
    expr: x > 1
  - alert: High
    expr: x:high > 0
    for: 2m
    keep_firing_for: 2m
  - alert: Ratio
    expr: x / y > 1
  - alert: Grows
    expr: increase(x[5m]) > 4 unless on (job) y == 0
    for: 1m
  - alert: Sum
    expr: sum by (job) (x) > 3
    for: 1m
  - alert: NoY
    expr: absent(y)
    for: 1m
  - record: all:x:sum
    expr: sum(x)
  - alert: All
    expr: all:x:sum > 4
  - alert: Share
    expr: sum by (job) (x) / on (job) sum by (job) (y) > 1
  - alert: Rising
    expr: x > 2 * (x offset 3m)
- name: h
  interval: 3m
  rules:
  - alert: Peak
    expr: max_over_time(x[5m:1m]) > 2
    for: 3m
)";

// A random recording: for each of two probes, rounds with series that come, go and vary.
struct Recorded {
  ProbeIdentity probe;
  Timestamp end;
  std::vector<std::pair<Labels, double>> values;
};

std::vector<Recorded> MakeRecording(Rng& rng, int minutes) {
  std::vector<Recorded> recording;
  for (int minute = 0; minute < minutes; ++minute) {
    for (char letter : {'a', 'b'}) {
      Recorded round{Probe(letter), kStart + minute * 1min, {}};
      for (const char* job : {"1", "2"}) {
        for (const char* name : {"x", "y"}) {
          if (rng.Chance(0.2)) continue;
          double value = rng.Chance(0.05) ? StaleMarker() : static_cast<double>(rng.Below(4));
          round.values.push_back({{{"__name__", name}, {"job", job}}, value});
        }
      }
      recording.push_back(std::move(round));
    }
  }
  return recording;
}

// Delivers the recording with random outages and returns every step.
std::vector<AlertChange> Deliver(const std::vector<Recorded>& recording, uint64_t seed,
                                 double outages, bool restart_always,
                                 std::vector<std::string>* steps, Engine::Limits limits = {},
                                 bool is_live = true, int longest_outage = 20) {
  Rng rng(seed);
  World world(kManyRules, limits, is_live);
  world.restart_always = restart_always;
  std::map<std::string, Timestamp> held_until;
  std::map<std::string, std::vector<Batch>> spools;
  for (const Recorded& round : recording) {
    Timestamp& until = held_until[round.probe.probe];
    std::vector<Batch>& spool = spools[round.probe.probe];
    spool.push_back(world.Collect(round.probe, round.end, round.values));
    if (until < round.end && rng.Chance(outages)) {
      until = round.end + static_cast<int64_t>(rng.Below(longest_outage)) * 1min;
    }
    if (until > round.end) continue;
    for (Batch& batch : std::exchange(spool, {})) {
      world.Hand({0, round.end + 1s, round.probe.probe, std::move(batch)});
    }
  }
  for (auto& [probe, spool] : spools) {
    for (Batch& batch : spool) world.Hand({0, recording.back().end + 2s, probe, std::move(batch)});
  }
  if (steps != nullptr) *steps = world.Steps();
  return world.changes;
}

TEST(Engine, ContinuesAfterARestartAsIfNothingHadBeen) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 80);
    std::vector<std::string> plain;
    std::vector<std::string> restarted;
    Deliver(recording, seed, 0.04, false, &plain);
    Deliver(recording, seed, 0.04, true, &restarted);
    ASSERT_GT(plain.size(), 20u);
    ASSERT_EQ(plain, restarted) << "seed " << seed;
  }
}

// Bytes of every step, with what was planned and what was late.
std::vector<std::string> Encoded(const std::vector<AlertChange>& changes) {
  std::vector<std::string> encoded;
  for (const AlertChange& change : changes) encoded.push_back(EncodeRecord(change));
  return encoded;
}

// Both hosts are off for a while, so that their return makes many instants due at once: those of a time
// that is long over and those of now.
TEST(Engine, ConcludesTheSameInSlicesOfAnySize) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 80);
    Timestamp off = kStart + static_cast<int64_t>(20 + rng.Below(20)) * 1min;
    Timestamp on = off + static_cast<int64_t>(10 + rng.Below(20)) * 1min;
    std::erase_if(recording,
                  [&](const Recorded& round) { return round.end >= off && round.end < on; });
    std::vector<std::string> whole =
        Encoded(Deliver(recording, seed, 0.08, false, nullptr, {.instants = 1'000'000}));
    ASSERT_GT(whole.size(), 20u);
    for (int64_t slice : {1, 7}) {
      ASSERT_EQ(Encoded(Deliver(recording, seed, 0.08, false, nullptr, {.instants = slice})), whole)
          << "seed " << seed << ", slice " << slice;
      ASSERT_EQ(Encoded(Deliver(recording, seed, 0.08, true, nullptr, {.instants = slice})), whole)
          << "with restarts, seed " << seed << ", slice " << slice;
    }
  }
}

TEST(Engine, ConcludesTheSameWithTheGeneralEvaluatorAlone) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 80);
    std::vector<std::string> live = Encoded(Deliver(recording, seed, 0.08, false, nullptr));
    std::vector<std::string> general =
        Encoded(Deliver(recording, seed, 0.08, false, nullptr, {}, false));
    ASSERT_GT(live.size(), 20u);
    ASSERT_EQ(live, general) << "seed " << seed;
  }
}

// What single-probe rules concluded of the data: without what only silence did, and without what
// was told.
std::vector<std::string> HistoryOfData(const std::vector<AlertChange>& changes) {
  std::map<std::pair<Fingerprint, Timestamp>, std::vector<std::string>> steps;
  for (const AlertChange& change : changes) {
    const Alert& alert = change.alert;
    const bool is_of_one_probe = alert.rule == "High" || alert.rule == "Ratio" ||
                                 alert.rule == "Rising" || alert.rule == "Peak";
    if (change.late || !is_of_one_probe) continue;
    bool is_silence = alert.unknown_reason == UnknownReason::kContactLost;
    bool is_return = change.before == AlertState::kUnknown && alert.state == AlertState::kFiring;
    if (is_silence || is_return) continue;
    steps[{alert.id, change.at}].push_back(fmt::format(
        "{} {} {} {} since {}", (change.at - kStart) / 1min, alert.rule, alert.labels.ToString(),
        AlertStateName(alert.state), (alert.active_since - kStart) / 1min));
  }
  std::vector<std::string> history;
  for (auto& [key, lines] : steps) {
    history.insert(history.end(), lines.begin(), lines.end());
  }
  return history;
}

TEST(Engine, ConcludesTheSameOfTheSameDataHoweverLateTheyArrive) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 80);
    std::vector<std::string> on_time = HistoryOfData(Deliver(recording, seed, 0, false, nullptr));
    ASSERT_GT(on_time.size(), 20u);
    for (uint64_t delays = 1; delays <= 3; ++delays) {
      std::vector<std::string> late =
          HistoryOfData(Deliver(recording, seed * 100 + delays, 0.08, false, nullptr));
      ASSERT_EQ(on_time, late) << "seed " << seed << ", delays " << delays;
    }
  }
}

// A spool that holds twelve hours, of either host or of both, with and without the series in memory.
TEST(Engine, ConcludesTheSameOfASpoolOfTwelveHours) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 800);
    std::vector<std::string> on_time = HistoryOfData(Deliver(recording, seed, 0, false, nullptr));
    ASSERT_GT(on_time.size(), 500u);
    for (bool is_live : {true, false}) {
      std::vector<AlertChange> changes =
          Deliver(recording, seed + 7, 0.01, false, nullptr, {}, is_live, 720);
      ASSERT_EQ(on_time, HistoryOfData(changes)) << "seed " << seed << ", live " << is_live;
      ASSERT_TRUE(std::ranges::any_of(changes, &AlertChange::late));
    }
  }
}

// Whoever listens to the planned steps alone must end with the alerts that there are.
TEST(Engine, PlansStepsThatAddUpToTheState) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Recorded> recording = MakeRecording(rng, 80);
    std::map<Fingerprint, AlertState> told;
    std::map<Fingerprint, AlertState> real;
    for (const AlertChange& change : Deliver(recording, seed, 0.08, false, nullptr)) {
      real[change.alert.id] = change.alert.state;
      if (!change.plan) continue;
      auto before = told.find(change.alert.id);
      ASSERT_EQ(change.before, before == told.end() ? std::nullopt : std::optional(before->second));
      told[change.alert.id] = change.alert.state;
      if (change.alert.state == AlertState::kResolved || change.alert.state == AlertState::kEnded) {
        told.erase(change.alert.id);
      }
    }
    std::erase_if(real, [](const auto& item) {
      return item.second == AlertState::kResolved || item.second == AlertState::kEnded;
    });
    ASSERT_EQ(told, real) << "seed " << seed;
  }
}

}  // namespace
}  // namespace forewarn
