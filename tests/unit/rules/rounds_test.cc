#include "rules/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kThree =
    "groups:\n- name: g\n  rules:\n  - record: one\n    expr: x\n  - record: two\n    expr: one + "
    "1\n"
    "- name: h\n  rules:\n  - alert: A\n    expr: two > 2\n";

// Rounds at which x is 1, 2, 1, 2, …, all in one batch.
Batch Waves(World& world, int rounds) {
  Batch batch = world.Collect(Probe('a'), kStart, {});
  auto table = std::make_shared<SeriesTable>();
  Labels x = kX;
  x.Set("customer", kCustomer);
  x.Set("installation", kInstallation);
  x.Set("probe", Probe('a').probe);
  table->series.push_back(x);
  batch.rounds.clear();
  for (int i = 0; i < rounds; ++i) {
    batch.samples.refs.push_back(0);
    batch.samples.times.push_back(kStart + i * 1min);
    batch.samples.values.push_back(1 + i % 2);
    batch.rounds.push_back({kStart + i * 1min, 1min, 0ms});
  }
  batch.samples.table = table;
  return batch;
}

TEST(Rounds, LeaveWhatIsTooMuchForOneEntryToTicks) {
  World all(kThree);
  all.Hand({0, kStart + 5min, "a", Waves(all, 6)});
  ASSERT_THAT(all.Steps(),
              ElementsAre("1 A none -> firing", "2 A firing -> resolved", "3 A none -> firing",
                          "4 A firing -> resolved", "5 A none -> firing"));
  for (bool restarts : {false, true}) {
    World little(kThree, {.work = 1});
    little.restart_always = restarts;
    little.Hand({0, kStart + 5min, "a", Waves(little, 6)});
    EXPECT_EQ(little.Steps(), all.Steps());
    EXPECT_EQ(little.written_total, all.written_total) << "each rule ran once at each instant";
    EXPECT_LE(little.written_most, 4u) << "of one rule";
    EXPECT_EQ(little.engine().NextTimer(), std::nullopt);
  }
}

TEST(Rounds, BeginAnewWithTheInstantWhenTheRulesAreOthers) {
  World world(kThree, {.work = 1});
  world.leaves_over = true;
  world.Hand({0, kStart, "a", Waves(world, 2)});
  EXPECT_EQ(world.written_total, 1u) << "the first rule";
  world.leaves_over = false;
  world.Load("groups:\n- name: h\n  rules:\n  - alert: A\n    expr: x > 1\n");
  world.Tick(kStart + 1min);
  EXPECT_THAT(world.Steps(), ElementsAre("1 A none -> firing"));
}

TEST(Rounds, GoOnWithTheRuleThatWasNextThoughOneWasPutBefore) {
  const std::string rules = "  - record: one\n    expr: x\n  - record: two\n    expr: x + 1\n";
  World world("groups:\n- name: g\n  rules:\n" + rules, {.work = 1});
  world.leaves_over = true;
  world.Hand({0, kStart, "a", Waves(world, 1)});
  ASSERT_EQ(world.written_total, 1u);
  world.Load("groups:\n- name: f\n  rules:\n  - record: zero\n    expr: x\n- name: g\n  rules:\n" +
             rules);
  world.leaves_over = false;
  world.Tick(kStart + 1min);
  EXPECT_EQ(world.written_total, 2u) << "each of the old ones once";
}

TEST(Rounds, LeaveOutTheOldestWhenTooManyWaitAndSaySo) {
  World world(OneRule("x > 1"), {.work = 1});
  world.Hand({0, kStart + 90h, "a", Waves(world, static_cast<int>(Rounds::kWaitingMax) + 11)});
  EXPECT_THAT(world.problems,
              ElementsAre(HasSubstr("10 evaluations of all of them were left out")));
  EXPECT_EQ(world.engine().Alerts().size(), 0u);
  EXPECT_EQ(world.changes.back().at, kStart + (Rounds::kWaitingMax + 10) * 1min);
}

TEST(Rounds, TellWhatTheyHadAlreadyOfNoRoundTwice) {
  World world(OneRule("x > 1"), {.work = 1});
  world.leaves_over = true;
  world.Hand({0, kStart + 5min, "a", Waves(world, 6)});
  world.Hand({0, kStart + 5min, "a", Waves(world, 6)});
  world.leaves_over = false;
  world.Tick(kStart + 5min);
  EXPECT_EQ(world.changes.size(), 5u);
}

// x falls by one a minute from 200, r is the same, recorded, and so is what reads it; d is when `watched` is 0.
std::string Forecast(std::string_view watched) {
  return fmt::format(
      "detectors:\n- record: d\n  forecast: {{series: {}, min_history: 10m, block: 1m}}\n"
      "groups:\n- name: g\n  rules:\n  - {{record: r, expr: x}}\n"
      "  - {{record: s, expr: r + 0}}\n  - {{alert: A, expr: d < 3600}}\n",
      watched);
}

void FallFor(World& world, int minutes, int rounds_of_a_batch) {
  for (int first = 0; first < minutes; first += rounds_of_a_batch) {
    Batch all = world.Collect(Probe('a'), kStart + first * 1min, {{kX, 200.0 - first}});
    for (int minute = first + 1; minute < first + rounds_of_a_batch; ++minute) {
      all.samples.refs.push_back(0);
      all.samples.times.push_back(kStart + minute * 1min);
      all.samples.values.push_back(200.0 - minute);
      all.rounds.push_back({kStart + minute * 1min, 1min, 0ms});
    }
    world.Hand({0, all.rounds.back().end, Probe('a').probe, all});
  }
}

// `minute value` of the series of what a detector records.
std::vector<std::string> Findings(World& world) {
  std::vector<std::string> findings;
  const auto all = world.source_.Select({Matcher::Equal("__name__", "d")}, kStart - 1h,
                                        kStart + 24h, SelectLimits{});
  for (const SeriesData& series : *all) {
    for (const Sample& sample : series.samples) {
      findings.push_back(fmt::format("{} {}", (sample.at - kStart) / 1min, sample.value));
    }
  }
  return findings;
}

TEST(Rounds, TellDetectorsWhatTheirRulesRecordBeforeTheNextRule) {
  World direct(Forecast("x"));
  FallFor(direct, 160, 1);
  const std::vector<std::string> findings = Findings(direct);
  ASSERT_GT(findings.size(), 100u);
  ASSERT_THAT(direct.Steps(), ElementsAre("141 A none -> firing"));
  for (const char* watched : {"x", "r", "s", "'{__name__=~\"r|t\"}'"}) {
    for (bool is_live : {true, false}) {
      for (int64_t work : {int64_t{1}, Engine::Limits().work}) {
        for (bool restarts : {false, true}) {
          World world(Forecast(watched), {.work = work}, is_live);
          world.restart_always = restarts;
          FallFor(world, 160, 1);
          EXPECT_EQ(Findings(world), findings) << watched << is_live << work << restarts;
          EXPECT_EQ(world.Steps(), direct.Steps()) << watched << is_live << work << restarts;
        }
      }
    }
  }
}

TEST(Rounds, TellDetectorsOfEachRoundOfABatchWhenItsTurnComes) {
  World direct(Forecast("x"));
  FallFor(direct, 160, 1);
  for (const char* watched : {"x", "r"}) {
    for (bool restarts : {false, true}) {
      World world(Forecast(watched));
      world.restart_always = restarts;
      FallFor(world, 160, 16);
      EXPECT_EQ(Findings(world), Findings(direct)) << watched << restarts;
    }
  }
}

// Of a grid that has recorded what it watches, or with a query_offset: the times of such samples lie behind the round.
TEST(Rounds, TellDetectorsWhatWasRecordedOfEarlierTimes) {
  for (const char* how : {"rules: [{record: r, expr: x unless on() absent(x)}]",
                          "query_offset: 30m\n  rules: [{record: r, expr: x}]"}) {
    std::vector<std::string> findings;
    for (bool restarts : {false, true}) {
      World world(fmt::format(
          "detectors:\n- record: d\n  forecast: {{series: r, min_history: 10m, block: 1m}}\n"
          "groups:\n- name: g\n  {}\n",
          how));
      world.restart_always = restarts;
      FallFor(world, 190, 1);
      if (!restarts) findings = Findings(world);
      EXPECT_GT(findings.size(), 100u) << how;
      EXPECT_EQ(Findings(world), findings) << how << restarts;
    }
  }
}

// Samples of three series, of which some come late by up to 20 minutes, and what is recorded and found from them.
TEST(Rounds, TellDetectorsOfLateSamplesAsIfThereHadBeenNoRestart) {
  const std::string rules =
      "detectors:\n- record: d\n  forecast: {series: x, min_history: 10m, block: 1m}\n"
      "- record: e\n  forecast: {series: r, min_history: 10m, block: 2m}\n"
      "groups:\n- name: g\n  rules:\n  - {record: r, expr: x - 1}\n  - {alert: A, expr: d < 3600}\n"
      "  - {alert: B, expr: e < 3600}\n";
  for (uint64_t seed = 0; seed < 12; ++seed) {
    World calm(rules);
    World restless(rules);
    for (World* world : {&calm, &restless}) {
      Rng rng(seed);
      Rng restarts(seed + 1);
      std::multimap<Timestamp, std::pair<Labels, Sample>> late;
      for (int minute = 0; minute < 150; ++minute) {
        const Timestamp end = kStart + minute * 1min;
        Batch batch = world->Collect(Probe('a'), end, {});
        auto table = std::make_shared<SeriesTable>();
        const auto add = [&](const Labels& series, Sample sample) {
          batch.samples.refs.push_back(static_cast<uint32_t>(table->series.size()));
          batch.samples.times.push_back(sample.at);
          batch.samples.values.push_back(sample.value);
          table->series.push_back(series);
        };
        for (int i = 0; i < 3; ++i) {
          const Labels series = {{"__name__", "x"},
                                 {"customer", kCustomer},
                                 {"i", std::to_string(i)},
                                 {"installation", kInstallation},
                                 {"probe", Probe('a').probe}};
          // Where it swings, what comes late has a say.
          const double swing = static_cast<double>(rng.Below(40));
          const Sample sample = {end, 200.0 - minute + (i == 0 ? 0.0 : swing)};
          if (rng.Below(4) > 0) {
            add(series, sample);
          } else {
            late.emplace(end + static_cast<int>(1 + rng.Below(20)) * 1min,
                         std::make_pair(series, sample));
          }
        }
        while (!late.empty() && late.begin()->first <= end) {
          add(late.begin()->second.first, late.begin()->second.second);
          late.erase(late.begin());
        }
        batch.samples.table = table;
        if (rng.Below(10) == 0) batch.rounds.clear();
        world->restart_always = world == &restless && restarts.Below(5) == 0;
        world->Hand({0, end, Probe('a').probe, batch});
      }
    }
    const auto all = [](World& world) {
      return *world.source_.Select({Matcher::Equal("probe", Probe('a').probe)}, kStart - 1h,
                                   kStart + 24h, SelectLimits{});
    };
    const std::vector<SeriesData> a = all(calm), b = all(restless);
    ASSERT_GT(a.size(), 12u) << "something was found";
    ASSERT_EQ(a.size(), b.size()) << seed;
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].labels, b[i].labels) << seed;
      ASSERT_EQ(a[i].samples, b[i].samples) << seed << " " << a[i].labels.ToString();
    }
    EXPECT_EQ(calm.Steps(), restless.Steps()) << seed;
  }
}

}  // namespace
}  // namespace forewarn
