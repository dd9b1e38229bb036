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

}  // namespace
}  // namespace forewarn
