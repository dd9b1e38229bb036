#include "rules/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Grid, EvaluatesARuleOverProbesOnTheGrid) {
  World world(OneRule("sum(x) > 1"));
  world.Round(Probe('a'), kStart + 17s, kStart + 18s, {{kX, 2}});
  EXPECT_THAT(world.changes, IsEmpty()) << "the grid's next instant is a minute away";
  world.Round(Probe('a'), kStart + 77s, kStart + 78s, {{kX, 2}});
  ASSERT_EQ(world.changes.size(), 1u);
  EXPECT_EQ(world.changes[0].at, kStart + 60s);
  EXPECT_EQ(world.changes[0].alert.labels.Get("customer"), kCustomer);
  EXPECT_EQ(world.changes[0].alert.labels.Get("installation"), kInstallation);
  EXPECT_FALSE(world.engine().Rules(kStart)[0].per_round);
}

TEST(Grid, WaitsOnTheGridForTheSlowestFreshProbe) {
  World world(OneRule("sum(x) > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Round(Probe('b'), kStart, kStart, {});
  world.changes.clear();
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  EXPECT_THAT(world.changes, IsEmpty());
  world.Round(Probe('b'), kStart + 1min, kStart + 61s, {});
  EXPECT_THAT(world.Steps(), ElementsAre("1 A firing -> resolved"));
}

// Probe b stands for a source behind another protocol's door: its metrics end, its log goes on.
TEST(Grid, GoesOnWithoutASourceWhoseMetricsHaveEnded) {
  World world(OneRule("sum(x) > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 0}});
  Batch metrics = world.Collect(Probe('b'), kStart, {});
  metrics.epoch = 0;
  world.Hand({0, kStart, "b", metrics});
  for (Timestamp now = kStart + 1min; now <= kStart + 10min; now += 1min) {
    Batch log;
    log.source = Probe('b');
    log.events.resize(1);
    world.Hand({0, now, "b", log});
    world.Round(Probe('a'), now, now, {{kX, 2}});
  }
  ASSERT_EQ(world.changes.size(), 2u) << "the contact that was lost, and the rule";
}

TEST(Grid, KeepsCustomersApart) {
  World world(OneRule("sum(x) > 1"));
  ProbeIdentity other = {"umbrella", kInstallation, "cccccccc-0000-4000-8000-000000000000"};
  world.Round(Probe('a'), kStart, kStart, {{kX, 1}});
  world.Round(other, kStart, kStart, {{kX, 1}});
  EXPECT_THAT(world.changes, IsEmpty()) << "together they would be 2";
}

TEST(Grid, BoundsTheInstantsOfAnInstallationThatReturns) {
  World world("groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: A\n    expr: sum(x) > 1\n");
  world.Round(Probe('a'), kStart, kStart, {{kX, 0}});
  world.Round(Probe('a'), kStart + 24h, kStart + 24h, {{kX, 2}});
  EXPECT_THAT(world.problems, ElementsAre(HasSubstr("evaluations were left out")));
  EXPECT_EQ(world.changes.back().alert.state, AlertState::kFiring)
      << "the newest instants are judged";
}

TEST(Grid, RunsWhatAReturnMakesDueInSlices) {
  World world("groups:\n- name: g\n  rules:\n  - record: one\n    expr: vector(1)\n",
              {.instants = 10});
  world.Round(Probe('a'), kStart, kStart, {});
  world.Round(Probe('a'), kStart + 1000min, kStart + 1000min, {});
  EXPECT_EQ(world.written_total, 1001u) << "none is left out";
  EXPECT_EQ(world.written_most, 10u);
  EXPECT_EQ(world.engine().NextTimer(), std::nullopt);
}

// The group's key stays the same, and instants of it wait.
TEST(Grid, TakesAGroupThatWasEmptiedMeanwhile) {
  World world(OneRule("sum(x) > 1"), {.work = 1});
  world.leaves_over = true;
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Round(Probe('a'), kStart + 10min, kStart + 10min, {{kX, 2}});
  ASSERT_NE(world.engine().NextTimer(), std::nullopt);
  world.leaves_over = false;
  world.Load("groups:\n- name: g\n  rules: []\n");
  world.Tick(kStart + 11min);
  EXPECT_EQ(world.engine().NextTimer(), std::nullopt);
}

// The position in the group that was interrupted outlives the instant of the one before it.
TEST(Grid, GoesOnWithTheRuleThatWasNextThoughAGroupCameBefore) {
  const std::string interrupted =
      "- name: g\n  rules:\n  - {record: one, expr: vector(1)}\n  - {record: two, expr: "
      "vector(2)}\n"
      "  - {record: three, expr: vector(3)}\n";
  World world("groups:\n" + interrupted, {.work = 1});
  world.leaves_over = true;
  world.Round(Probe('a'), kStart, kStart, {});
  ASSERT_EQ(world.written_total, 1u) << "of the first rule";
  world.Load("groups:\n- name: before\n  rules: [{record: four, expr: vector(4)}]\n" + interrupted);
  world.leaves_over = false;
  world.Tick(kStart + 30s);
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {});
  EXPECT_EQ(world.written_total, 3u + 4u) << "each of the old rules at 0, and all at 1";
}

// What a rule of a probe records at a round that waits is read by the grid's rules afterwards, not before.
TEST(Grid, WaitsForTheRoundsThatWait) {
  const std::string rules =
      "groups:\n- name: g\n  rules:\n  - {record: one, expr: x}\n  - {record: two, expr: one + 1}\n"
      "- name: h\n  rules:\n  - {alert: A, expr: sum(two) > 2}\n";
  const auto run = [&](int64_t work, bool restarts) {
    World world(rules, {.work = work});
    world.restart_always = restarts;
    Batch batch = world.Collect(Probe('a'), kStart, {{kX, 1}});
    for (int i = 1; i < 8; ++i) {
      batch.samples.refs.push_back(0);
      batch.samples.times.push_back(kStart + i * 1min);
      batch.samples.values.push_back(1 + i % 2);
      batch.rounds.push_back({kStart + i * 1min, 1min, 0ms});
    }
    world.Hand({0, kStart + 7min, "a", batch});
    EXPECT_EQ(world.engine().NextTimer(), std::nullopt);
    return world.Steps();
  };
  const std::vector<std::string> all = run(1'000'000, false);
  ASSERT_GE(all.size(), 7u);
  EXPECT_EQ(run(1, false), all);
  EXPECT_EQ(run(1, true), all);
}

}  // namespace
}  // namespace forewarn
