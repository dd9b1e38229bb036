#include "rules/alert_series.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

const std::string kRules =
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > 1\n    for: 1m\n"
    "    labels: {severity: info}\n";

// The samples of a series, as `minute=value`; `minute=stale` where it ends.
std::vector<std::string> SamplesOf(const World& world, const Matchers& matchers) {
  std::vector<std::string> samples;
  const auto found = world.source_.Select(matchers, kTimeZero, kStart + 24h, {});
  for (const SeriesData& series : *found) {
    for (const Sample& sample : series.samples) {
      std::string value = IsStale(sample.value) ? "stale" : fmt::format("{}", sample.value);
      samples.push_back(fmt::format("{}={}", (sample.at - kStart) / 1min, value));
    }
  }
  return samples;
}

std::vector<std::string> StateOf(const World& world, const std::string& state) {
  return SamplesOf(world,
                   {Matcher::Equal("__name__", "ALERTS"), Matcher::Equal("alertstate", state)});
}

std::vector<std::string> ForStateOf(const World& world) {
  return SamplesOf(world, {Matcher::Equal("__name__", "ALERTS_FOR_STATE")});
}

TEST(AlertSeries, FollowsTheStateOfTheAlert) {
  World world(kRules);
  world.restart_always = true;
  for (int i = 0; i < 5; ++i) {
    Timestamp at = kStart + i * 1min;
    world.Round(Probe('a'), at, at, {{kX, i < 3 ? 2 : 0}});
  }
  EXPECT_THAT(StateOf(world, "pending"), ElementsAre("0=1", "1=stale"));
  EXPECT_THAT(StateOf(world, "firing"), ElementsAre("1=1", "2=1", "3=stale"));
  EXPECT_THAT(ForStateOf(world),
              ElementsAre("0=1772409600", "1=1772409600", "2=1772409600", "3=stale"));
}

TEST(AlertSeries, HasTheLabelsOfTheAlert) {
  World world(kRules);
  world.Round(Probe('a'), kStart, kStart, {{{{"__name__", "x"}, {"disk", "sda"}}, 2}});
  auto series = *world.source_.Select({Matcher::Equal("alertname", "A")}, kStart, kStart, {});
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].labels, (Labels{{"__name__", "ALERTS"},
                                      {"alertname", "A"},
                                      {"alertstate", "pending"},
                                      {"customer", kCustomer},
                                      {"disk", "sda"},
                                      {"installation", kInstallation},
                                      {"probe", Probe('a').probe},
                                      {"severity", "info"}}));
  EXPECT_EQ(series[1].labels, (Labels{{"__name__", "ALERTS_FOR_STATE"},
                                      {"alertname", "A"},
                                      {"customer", kCustomer},
                                      {"disk", "sda"},
                                      {"installation", kInstallation},
                                      {"probe", Probe('a').probe},
                                      {"severity", "info"}}));
}

TEST(AlertSeries, GoesOnWhileOnlyKeepFiringForKeepsTheAlert) {
  World world(OneRule("x > 1", "    keep_firing_for: 2m\n"));
  for (int i = 0; i < 4; ++i) {
    Timestamp at = kStart + i * 1min;
    world.Round(Probe('a'), at, at, {{kX, i < 1 ? 2 : 0}});
  }
  EXPECT_THAT(StateOf(world, "firing"), ElementsAre("0=1", "1=1", "2=1", "3=stale"));
}

TEST(AlertSeries, IsNeitherWrittenNorEndedWhileTheAlertIsUnknown) {
  World world(OneRule("sum(x) > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  // The probe falls silent while another goes on, so the grid does too.
  for (int i = 0; i < 8; ++i) {
    Timestamp at = kStart + i * 1min;
    world.Round(Probe('b'), at, at, {{{{"__name__", "y"}}, 1}});
  }
  ASSERT_EQ(world.changes.back().alert.state, AlertState::kUnknown);
  std::vector<std::string> before = StateOf(world, "firing");
  EXPECT_EQ(before.front(), "0=1");
  EXPECT_EQ(before.back().find("stale"), std::string::npos);
  EXPECT_THAT(StateOf(world, "unknown"), ElementsAre());
  EXPECT_EQ(ForStateOf(world).size(), before.size());
  // It is back, and well.
  world.Round(Probe('a'), kStart + 8min, kStart + 8min, {{kX, 0}});
  world.Round(Probe('b'), kStart + 8min, kStart + 8min, {{{{"__name__", "y"}}, 1}});
  ASSERT_EQ(world.changes.back().alert.state, AlertState::kResolved);
  before.push_back("8=stale");
  EXPECT_EQ(StateOf(world, "firing"), before);
}

// Each evaluation would make two series more.
TEST(AlertSeries, IsNotWrittenWhereTheValueIsALabel) {
  World world(OneRule("x > 1", "    labels: {is: '{{ $value }}'}\n"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  ASSERT_EQ(world.changes.size(), 1u);
  EXPECT_EQ(world.written_total, 0u);
}

TEST(AlertSeries, SaysNothingWhereTheEvaluationFails) {
  World world(OneRule("x > 1"), {}, false);  // kept up to date, it would read nothing
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.source_.fail = true;
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 2}});
  world.source_.fail = false;
  EXPECT_THAT(StateOf(world, "firing"), ElementsAre("0=1"));
}

TEST(AlertSeries, IsReadByLaterRules) {
  World world(
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > 1\n"
      "  - record: alerts:firing\n    expr: count without (i) (ALERTS{alertstate=\"firing\"})\n"
      "  - alert: Many\n    expr: alerts:firing > 1\n");
  world.Round(Probe('a'), kStart, kStart,
              {{{{"__name__", "x"}, {"i", "1"}}, 2}, {{{"__name__", "x"}, {"i", "2"}}, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing"));
  world.Round(Probe('a'), kStart + 1min, kStart + 1min,
              {{{{"__name__", "x"}, {"i", "1"}}, 2}, {{{"__name__", "x"}, {"i", "2"}}, 2}});
  world.Round(Probe('a'), kStart + 2min, kStart + 2min,
              {{{{"__name__", "x"}, {"i", "1"}}, 0}, {{{"__name__", "x"}, {"i", "2"}}, 2}});
  EXPECT_THAT(world.Steps(),
              ElementsAre("0 A none -> firing", "1 A none -> firing", "1 Many none -> firing",
                          "2 A firing -> resolved", "2 Many firing -> resolved"));
}

TEST(AlertSeries, OfTheAlertsOfAGridRuleAreReadOnTheGrid) {
  World world(
      "groups:\n- name: g\n  rules:\n  - alert: All\n    expr: sum(x) > 1\n"
      "  - alert: B\n    expr: ALERTS{alertname=\"All\"} == 1\n");
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 All none -> firing", "0 B none -> firing"));
}

}  // namespace
}  // namespace forewarn
