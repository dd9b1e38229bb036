#include "rules/rule_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/contact_alert.h"
#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

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

TEST(RuleRunner, AnswersTheQueriesOfTextsFromWhatTheRuleSees) {
  World world(
      OneRule("x > 1",
              "    annotations:\n"
              "      all: '{{ range query \"sort(x)\" }}{{ .Labels.i }}={{ .Value }} {{ end }}'\n"
              "      none: '{{ query \"y\" | first | value }}'\n"));
  ProbeIdentity other = {"umbrella", kInstallation, "cccccccc-0000-4000-8000-000000000000"};
  world.Round(other, kStart, kStart, {{{{"__name__", "x"}, {"i", "9"}}, 1}});
  world.Round(Probe('a'), kStart, kStart,
              {{{{"__name__", "x"}, {"i", "1"}}, 3}, {{{"__name__", "x"}, {"i", "2"}}, 1}});
  ASSERT_EQ(world.changes.size(), 1u);
  EXPECT_EQ(world.changes[0].alert.annotations,
            (Attributes{{"all", "2=1 1=3 "},
                        {"none",
                         "<error expanding template: first() called on vector with no "
                         "elements>"}}));
  EXPECT_THAT(world.problems, IsEmpty());
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

TEST(RuleRunner, SaysThatWhatItRecordsHasAnotherValueAlready) {
  World world(
      "groups:\n- name: g\n  rules:\n  - {record: r, expr: x}\n  - {record: r, expr: x * 2}\n"
      "  - {record: r, expr: x + 0}\n  - {record: x, expr: x * 3}\n");
  auto errors = [&] {
    std::vector<std::string> errors;
    for (const auto& rule : world.engine().Rules(kStart)) errors.push_back(rule.last_error);
    return errors;
  };
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  EXPECT_THAT(
      errors(),
      ElementsAre("", AllOf(HasSubstr("'r' has"), HasSubstr("another value at this time already")),
                  "", HasSubstr("'x' has another value")));
  EXPECT_THAT(world.problems, SizeIs(2));
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  EXPECT_THAT(errors(), ElementsAre("", "", "", "")) << "both are 0";
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

TEST(RuleRunner, LetsARuleRestThatIsTooMuchWorkUntilItIsAnother) {
  for (bool restarts : {false, true}) {
    World world(OneRule("x > 1 and on () max_over_time(vector(1)[100y:1ms])"));
    world.restart_always = restarts;
    for (int minute = 0; minute <= 30; ++minute) {
      world.Round(Probe('a'), kStart + minute * 1min, kStart + minute * 1min, {{kX, 2}});
      const bool is_new = minute == 0 || minute == 30;
      EXPECT_EQ(world.source_.selected > 0, is_new) << minute;
      world.source_.selected = 0;
    }
    ASSERT_FALSE(world.problems.empty());
    EXPECT_THAT(world.problems[0],
                HasSubstr("rule 'A': the query needs more than 50000000 operations"));
    EXPECT_THAT(world.problems[0], HasSubstr("it is evaluated again from 2026-03-02T00:30:00"));
    world.Load(OneRule("x > 1"));
    world.Round(Probe('a'), kStart + 31min, kStart + 31min, {{kX, 2}});
    EXPECT_THAT(world.Steps(), ElementsAre("31 A none -> firing"));
  }
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

TEST(RuleRunner, PlansNothingOfARuleInShadow) {
  World world(OneRule("x > 1", "    forewarn: {shadow: true}\n"));
  world.restart_always = true;
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 0}});
  EXPECT_THAT(world.Steps(),
              ElementsAre("0 A none -> firing unplanned", "1 A firing -> resolved unplanned"));
  EXPECT_EQ(world.changes[0].alert.labels.Get("forewarn_shadow"), "true");
  EXPECT_EQ(world.written_total, 0u) << "no ALERTS that other rules might act on";
  EXPECT_TRUE(world.engine().Rules(kStart)[0].shadow);
  // What arrives late is not planned at the end either.
  world.Round(Probe('a'), kStart + 2min, kStart + 62min, {{kX, 2}});
  world.Round(Probe('a'), kStart + 63min, kStart + 63min, {{kX, 2}});
  world.Tick(kStart + 80min);
  for (const AlertChange& change : world.changes) {
    EXPECT_EQ(change.plan, change.alert.rule == kContactLostRule);
  }
}

TEST(RuleRunner, CountsWhatARuleInShadowWouldHaveTold) {
  World world(OneRule("x > 1", "    for: 1m\n    forewarn: {shadow: true}\n"));
  EXPECT_THAT(world.engine().ShadowFirings(), ElementsAre(Pair("A", 0u)));
  for (int i = 0; i < 6; ++i) {
    Timestamp at = kStart + i * 1min;
    world.Round(Probe('a'), at, at, {{kX, i % 3 < 2 ? 2 : 0}});
  }
  EXPECT_THAT(world.engine().ShadowFirings(), ElementsAre(Pair("A", 2u)));
}

TEST(RuleRunner, PlansAnAlertThatLeavesTheShadowFromItsBeginning) {
  World world(OneRule("x > 1", "    forewarn: {shadow: true}\n"));
  world.Round(Probe('a'), kStart, kStart, {{kX, 2}});
  world.Load(OneRule("x > 1"));
  world.Round(Probe('a'), kStart + 1min, kStart + 1min, {{kX, 2}});
  EXPECT_THAT(world.Steps(), ElementsAre("0 A none -> firing unplanned",
                                         "0 A firing -> ended unplanned", "1 A none -> firing"));
  EXPECT_THAT(world.engine().ShadowFirings(), ElementsAre(Pair("A", 1u)));
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
