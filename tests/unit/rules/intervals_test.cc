#include "rules/intervals.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

TEST(Intervals, TheFirstRoundInEachIsDueForWhatDoesNotRunAtEach) {
  PreparedGroup group;
  group.interval = 15s;
  const Rule written = {true, "A", *promql::Parse("x"), {}, {}, {}, {}, {}};
  PreparedRule rule = {written, {}, {}, {}, 0, nullptr, "", false, true, false, {}, {}, {}};
  std::vector<int> due;
  Timestamp before;  // of the first round: none
  for (int second = 0; second < 100; second += 7) {
    if (IsDue(group, rule, before, kStart + second * 1s)) due.push_back(second);
    before = kStart + second * 1s;
  }
  EXPECT_THAT(due, ElementsAre(0, 21, 35, 49, 63, 77, 91));
  EXPECT_FALSE(IsDue(group, rule, kStart, kStart + 14'999ms));
  EXPECT_TRUE(IsDue(group, rule, kStart + 14'999ms, kStart + 15s));
  EXPECT_EQ(StepOf(group, rule, 7s), 22s);
  rule.due_every = 1min;
  EXPECT_FALSE(IsDue(group, rule, kStart, kStart + 15s));
  EXPECT_TRUE(IsDue(group, rule, kStart + 15s, kStart + 60s));
  EXPECT_EQ(StepOf(group, rule, 7s), 67s);
  rule.every_round = true;
  EXPECT_TRUE(IsDue(group, rule, kStart, kStart + 1ms));
  EXPECT_EQ(StepOf(group, rule, 7s), 7s);
}

// What a probe with rounds of `step` says for `length`: x is 2 from `from` on, and 0 before.
void Collect(World& world, Duration step, Duration length, Duration from) {
  for (Duration at{0}; at < length; at += step) {
    Batch batch = world.Collect(Probe('a'), kStart + at, {{kX, at < from ? 0.0 : 2.0}});
    batch.rounds[0].interval = step;
    world.Hand({0, kStart + at, Probe('a').probe, batch});
  }
}

std::string Rules(std::string_view expr, Duration hold_for) {
  return fmt::format(
      "groups:\n- name: g\n  interval: 15s\n  rules:\n  - alert: A\n    expr: {}\n    for: {}s\n"
      "    keep_firing_for: 20s\n",
      expr, hold_for / 1s);
}

TEST(Intervals, AsksTheGeneralEvaluatorOnceInAnIntervalOfTheGroup) {
  World general(Rules("max_over_time(x[30s:1s]) > 1", 0s));
  Collect(general, 1s, 2min, 1h);
  EXPECT_EQ(general.engine().evaluations().general, 8u) << "four times a minute";
  World live(Rules("max_over_time(x[30s]) > 1", 0s));
  Collect(live, 1s, 2min, 1h);
  EXPECT_EQ(live.engine().evaluations().live, 120u);
  World slow(Rules("max_over_time(x[30s:1s]) > 1", 0s));
  Collect(slow, 1min, 10min, 1h);
  EXPECT_EQ(slow.engine().evaluations().general, 10u) << "a longer round is its own interval";
}

// Who has no room to keep anything up to date comes to the same conclusions.
TEST(Intervals, EvaluatesWhatHasAPlanAtEachRoundWithoutTheSeriesInMemoryAsWell) {
  const std::string rules = Rules("max_over_time(x[30s]) > 1", 0s);
  World live(rules);
  World without(rules, {}, false);
  for (World* world : {&live, &without}) {
    Collect(*world, 1s, 1min, 7s);
    ASSERT_EQ(world->changes.size(), 1u);
    EXPECT_EQ(world->changes[0].at, kStart + 7s);
  }
}

TEST(Intervals, CountsForAndKeepFiringForFromOneIntervalToTheNext) {
  for (bool is_restarted : {false, true}) {
    World world(Rules("max_over_time(x[5s:1s]) > 1", 20s));
    world.restart_always = is_restarted;
    for (int second = 0; second < 150; ++second) {
      const bool is_high = second >= 20 && second < 80;
      Batch batch = world.Collect(Probe('a'), kStart + second * 1s, {{kX, is_high ? 2.0 : 0.0}});
      batch.rounds[0].interval = 1s;
      world.Hand({0, kStart + second * 1s, Probe('a').probe, batch});
    }
    std::vector<std::string> steps;
    for (const AlertChange& change : world.changes) {
      steps.push_back(
          fmt::format("{} {}", (change.at - kStart) / 1s, AlertStateName(change.alert.state)));
    }
    // True at 30, 45, 60 and 75, and false from 90 on, which it is held against until 110.
    EXPECT_THAT(steps, ElementsAre("30 pending", "60 firing", "120 resolved")) << is_restarted;
  }
}

// With an interval beyond the look-back, what is pending has not been lost sight of.
TEST(Intervals, KeepsAnAlertPendingOverALongInterval) {
  World world(
      "groups:\n- name: g\n  interval: 10m\n  rules:\n  - alert: A\n"
      "    expr: max_over_time(x[1m:1s]) > 1\n    for: 15m\n");
  Collect(world, 1min, 31min, 0s);
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> pending", "20 A pending -> firing"));
}

// What was recorded ten minutes ago would look stale, and its alert over.
TEST(Intervals, WhatReadsTheResultsOfARuleRunsWithIt) {
  World world(
      "groups:\n- name: g\n  interval: 10m\n  rules:\n  - record: r\n"
      "    expr: max_over_time(x[1m:1s])\n  - {alert: A, expr: r > 1}\n"
      "  - alert: B\n    expr: ALERTS{alertname=\"A\"}\n  - {alert: C, expr: x > 1}\n");
  Collect(world, 1min, 60min, 0s);
  EXPECT_THAT(world.Steps(),
              ElementsAre("0 A none -> firing", "0 B none -> firing", "0 C none -> firing"));
}

// Whatever the interval of its own group, and however many rules are in between.
TEST(Intervals, WhatReadsTheResultsOfARuleOfALongerIntervalRunsWithThatRule) {
  World world(
      "groups:\n- name: slow\n  interval: 10m\n  rules:\n  - record: r\n"
      "    expr: max_over_time(x[1m:1s])\n"
      "- name: fast\n  interval: 1m\n  rules:\n  - {alert: A, expr: r > 1}\n"
      "  - {alert: B, expr: 'ALERTS{alertname=\"A\"}'}\n"
      "  - {alert: C, expr: 'max_over_time(x[1m:1s]) > 1'}\n");
  Collect(world, 1min, 60min, 0s);
  EXPECT_THAT(world.Steps(),
              ElementsAre("0 A none -> firing", "0 B none -> firing", "0 C none -> firing"));
}

// Through a detector as well, which finds something when there is something new.
TEST(Intervals, WhatReadsAForecastOfARuleRunsWithThatRule) {
  World world(
      "detectors:\n- record: d\n  forecast: {series: r, min_history: 30m, block: 1m}\n"
      "groups:\n- name: slow\n  interval: 10m\n  rules:\n  - record: r\n"
      "    expr: max_over_time(x[1m:1s])\n"
      "- name: fast\n  interval: 1m\n  rules:\n  - {alert: A, expr: d > 0}\n");
  for (int minute = 0; minute < 300; ++minute) {
    world.Round(Probe('a'), kStart + minute * 1min, kStart + minute * 1min,
                {{kX, 1000.0 - minute}});
  }
  EXPECT_EQ(world.Steps().size(), 1u);
}

}  // namespace
}  // namespace forewarn
