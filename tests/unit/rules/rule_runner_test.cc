#include "rules/rule_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RuleRunner, ExpandsTemplatesAndNamesThePrediction) {
  World world(
      "groups:\n- name: g\n  rules:\n  - record: x:left\n    expr: x * 60\n"
      "  - alert: A\n    expr: x:left < 3600\n    labels: {severity: 'is{{ $value }}'}\n"
      "    annotations: {summary: '{{ $labels.disk }} in {{ $value | humanizeDuration }}'}\n"
      "    forewarn: {predicts: x:left, warning: disk_will_fill, playbook: free, group_by: "
      "[disk]}\n");
  world.Round(Probe('a'), kStart, kStart, {{{{"__name__", "x"}, {"disk", "sda"}}, 30}});
  ASSERT_EQ(world.changes.size(), 1u);
  const Alert& alert = world.changes[0].alert;
  EXPECT_EQ(alert.labels.Get("severity"), "is1800");
  EXPECT_EQ(alert.annotations, (Attributes{{"summary", "sda in 30m 0s"}}));
  EXPECT_EQ(alert.predicted_breach, kStart + 30min);
  EXPECT_EQ(alert.warning_template, "disk_will_fill");
  EXPECT_EQ(alert.playbook, "free");
  EXPECT_EQ(alert.group_key, "disk=sda");
}

TEST(RuleRunner, CountsNoResultOfARuleAboveItsLimitAndSaysSo) {
  World world(
      "groups:\n- name: g\n  limit: 1\n  rules:\n  - alert: A\n    expr: x > 1\n"
      "  - alert: B\n    expr: vector(1)\n");
  world.Round(Probe('a'), kStart, kStart,
              {{{{"__name__", "x"}, {"i", "1"}}, 2}, {{{"__name__", "x"}, {"i", "2"}}, 2}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 B none -> firing")) << "other rules go on";
  EXPECT_THAT(world.problems, ElementsAre(HasSubstr("r.yaml: group 'g', rule 'A': 2 results")));
  EXPECT_THAT(world.engine().Rules(kStart)[0].last_error, HasSubstr("limit is 1"));
}

TEST(RuleRunner, ResolvesNothingByAFailedEvaluation) {
  World world(OneRule("x > 1"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.source_.fail = true;
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  world.Round(Probe('a'), kStart + 2min, kStart + 2min, {{kX, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing"));
  EXPECT_EQ(world.problems.size(), 1u) << "the same complaint is made once";
  world.source_.fail = false;
  world.Round(Probe('a'), kStart + 3min, kStart + 3min, {{kX, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "3 A firing -> resolved"));
}

TEST(RuleRunner, MarksTheEndOfSeriesThatARuleNoLongerRecords) {
  World world(
      "groups:\n- name: g\n  rules:\n  - record: x:high\n    expr: x > 1\n"
      "  - alert: A\n    expr: x:high > 0\n");
  world.restart_always = true;
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing", "1 A firing -> resolved"));
}

TEST(RuleRunner, LooksBackByTheQueryOffset) {
  World world("groups:\n- name: g\n  query_offset: 1m\n  rules:\n  - alert: A\n    expr: x > 1\n");
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  EXPECT_THAT(world.Steps(), IsEmpty());
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  EXPECT_THAT(world.Steps(), ElementsAre("1 A none -> firing"));
}

}  // namespace
}  // namespace forewarn
