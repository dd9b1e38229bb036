#include "rules/awake_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Labels kY = {{"__name__", "y"}};

uint64_t Evaluated(World& world) {
  const Engine::Evaluations count = world.engine().evaluations();
  return count.live + count.general;
}

TEST(AwakeRules, AreNotThoseWithoutASeriesInTheStream) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kY, 5}});
  EXPECT_EQ(Evaluated(world), 0u);
  world.Round(Probe('b'), kStart, kStart, {{kX, 5}});
  EXPECT_EQ(Evaluated(world), 1u);
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 5}});
  EXPECT_EQ(Evaluated(world), 2u) << "the series has come";
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "1 A none -> firing"));
}

TEST(AwakeRules, AreNotThoseOfOtherCustomersOnTheGrid) {
  World world(OneRule("sum(x) > 1"));
  const ProbeIdentity other = {"umbrella", kInstallation, "cccccccc-0000-4000-8000-000000000000"};
  world.Round(other, kStart, kStart, {{kX, 5}});
  const uint64_t before = Evaluated(world);
  EXPECT_EQ(before, 1u);
  world.Round(Probe('a'), kStart, kStart, {{kY, 5}});
  EXPECT_EQ(Evaluated(world), before);
}

TEST(AwakeRules, AreThoseThatNeedNoSeries) {
  World world(OneRule("absent(x)"));
  world.Round(Probe('a'), kStart, kStart, {{kY, 5}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing"));
}

TEST(AwakeRules, AreWokenByWhatAnEarlierRuleOfTheSamePassRecords) {
  World world(R"(groups:
- name: g
  rules:
  - {alert: TooEarly, expr: twice > 1}
  - {record: twice, expr: 2 * x}
  - {alert: InTime, expr: twice > 1}
)");
  world.Round(Probe('a'), kStart, kStart, {{kX, 5}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 InTime none -> firing"));
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 5}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 InTime none -> firing", "1 TooEarly none -> firing"));
}

// After the restart there is no series that would wake them: it was of another expression.
TEST(AwakeRules, AreThoseWhoseAlertIsToEnd) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 5}});
  world.Load(OneRule("z > 1"));
  world.Restart();
  for (int minute = 1; minute <= 7; ++minute) {
    world.Round(Probe('a'), kStart + minute * 1min, kStart + minute * 1min, {{kX, 5}});
  }
  EXPECT_THAT(world.engine().Alerts(), IsEmpty());
}

TEST(AwakeRules, AreThoseWhoseRecordedSeriesAreToEnd) {
  World world("groups: [{name: g, rules: [{record: r, expr: 2 * x}]}]");
  world.Round(Probe('a'), kStart, kStart, {{kX, 5}});
  world.Load("groups: [{name: g, rules: [{record: r, expr: 2 * z}]}]");
  world.Restart();
  const size_t before = world.written_total;
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 5}});
  EXPECT_EQ(world.written_total, before + 1) << "the marker of its end";
  world.Round(Probe('a'), kStart + 2min, kStart + 2min, {{kX, 5}});
  EXPECT_EQ(world.written_total, before + 1);
}

TEST(AwakeRules, AreFoundAgainAfterARestart) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 0}});
  world.Restart();
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 5}});
  EXPECT_THAT(world.Steps(), ElementsAre("1 A none -> firing"));
}

// With few selectors and many series it looks for the selectors' series instead.
TEST(AwakeRules, AreFoundAmongManySeries) {
  World world(OneRule("x{disk=\"sda\"} > 1"));
  std::vector<std::pair<Labels, double>> many;
  for (int i = 0; i < 300; ++i)
    many.push_back({{{"__name__", "y"}, {"i", fmt::format("{}", i)}}, 1});
  many.push_back({{{"__name__", "x"}, {"disk", "sda"}}, 5});
  world.Round(Probe('a'), kStart, kStart, many);
  many.pop_back();
  world.Round(Probe('b'), kStart, kStart, many);
  EXPECT_EQ(Evaluated(world), 1u);
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing"));
}

TEST(AwakeRules, AreAllWithoutNumbers) {
  World world(OneRule("x > 1"), {}, false);
  world.Round(Probe('a'), kStart, kStart, {{kY, 5}});
  EXPECT_EQ(Evaluated(world), 1u);
}

TEST(AwakeRules, AreOnlyThoseOfTheCustomer) {
  const std::string rules = OneRule("x > 1", "    forewarn: {customers: {plan: gold}}\n");
  World world(rules);
  Customer customer;
  customer.id = kCustomer;
  customer.labels = {{"plan", "silver"}};
  world.customers = {customer};
  world.Load(rules);
  world.Round(Probe('a'), kStart, kStart, {{kX, 5}});
  EXPECT_EQ(Evaluated(world), 0u);
}

}  // namespace
}  // namespace forewarn
