#include "rules/stale_reads.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

// A group of rules that are written as `- {…}`, one a line.
std::string Group(std::string_view name, std::string_view settings, std::string_view rules) {
  return "- name: " + std::string(name) + "\n  " + std::string(settings) + "\n  rules:\n" +
         std::string(rules);
}

std::vector<std::string> Find(const std::string& groups) {
  RuleFiles files = ParseRuleFile("r.yaml", "groups:\n" + groups);
  EXPECT_TRUE(files.status().ok()) << files.status().message();
  return FindStaleReads(std::move(files));
}

const std::string kSlow = Group("slow", "interval: 10m", "  - {record: 'a:x', expr: sum(x)}\n");

// What a rule on the grid finds wrong with reading `a:x`, which is written every ten minutes.
std::vector<std::string> Reading(const std::string& expr, std::string_view interval = "1m") {
  return Find(kSlow + Group("fast", "interval: " + std::string(interval),
                            "  - {alert: A, expr: '" + expr + "'}\n"));
}

TEST(StaleReads, AreOfWhatIsWrittenMoreSeldomThanRulesLookBack) {
  EXPECT_THAT(
      Reading("sum(a:x) > 1"),
      ElementsAre("r.yaml: group 'fast', rule 'A': it looks 5m back for a:x, which rule 'a:x' of "
                  "group 'slow' in r.yaml writes every 10m; the newest is up to 9m old, so at "
                  "times nothing is found; read last_over_time(a:x[9m])"));
  EXPECT_THAT(Reading("a:x > 1 and y > a:x offset 1m").size(), 2u) << "each selector";
}

TEST(StaleReads, AreNoneWhereTheInstantsMeet) {
  EXPECT_THAT(Reading("a:x > 1", "10m"), IsEmpty());
  EXPECT_THAT(Reading("a:x > 1", "20m"), IsEmpty());
  EXPECT_THAT(Reading("a:x > 1", "5m"), IsEmpty()) << "five minutes old is not too old";
  EXPECT_THAT(Reading("a:x > 1", "15m"), IsEmpty()) << "at :15 it is five minutes old";
  EXPECT_THAT(Reading("a:x > 1", "14m"), ElementsAre(HasSubstr("up to 8m old")));
}

TEST(StaleReads, OfRangesAreThoseThatAreTooShort) {
  EXPECT_THAT(Reading("last_over_time(a:x[9m]) > 1"), IsEmpty());
  EXPECT_THAT(Reading("last_over_time(a:x[8m]) > 1"), ElementsAre(EndsWith("; look 9m back")));
  EXPECT_THAT(Reading("max_over_time(a:x[1h:1m]) > 1"), IsEmpty()) << "not judged";
  EXPECT_THAT(Reading("a:x @ 0 > 1"), IsEmpty()) << "not judged";
}

TEST(StaleReads, CountOffsets) {
  EXPECT_THAT(Reading("a:x offset 10m > 1", "10m"), IsEmpty());
  EXPECT_THAT(Reading("a:x offset 3m > 1", "10m"), ElementsAre(HasSubstr("up to 7m old")));
  const std::string reader = Group("fast", "interval: 10m", "  - {alert: A, expr: 'a:x > 1'}\n");
  const auto writer = [](std::string_view offset) {
    return Group("slow", "interval: 10m\n  query_offset: " + std::string(offset),
                 "  - {record: 'a:x', expr: sum(x)}\n");
  };
  EXPECT_THAT(Find(writer("5m") + reader), IsEmpty());
  EXPECT_THAT(Find(writer("6m") + reader), ElementsAre(HasSubstr("up to 6m old")));
}

TEST(StaleReads, AreOfARuleAboveTheOneThatWrites) {
  EXPECT_THAT(Find(Group("g", "interval: 10m",
                         "  - {alert: A, expr: 'a:x > 1'}\n  - {record: 'a:x', expr: sum(x)}\n")),
              ElementsAre(AllOf(HasSubstr("up to 10m old"), EndsWith("write it below that rule"))));
  EXPECT_THAT(Find(Group("fast", "interval: 1m", "  - {alert: A, expr: 'a:x > 1'}\n") + kSlow),
              ElementsAre(EndsWith("read last_over_time(a:x[10m])")));
  EXPECT_THAT(Find(Group("g", "interval: 10m", "  - {record: 'a:x', expr: 'sum(x) or a:x'}\n")),
              ElementsAre(EndsWith("read last_over_time(a:x[10m])")));
}

TEST(StaleReads, AreNoneAtTheRoundsWhereAllRunInTheLongestInterval) {
  const std::string writer = Group("slow", "interval: 10m", "  - {record: 'a:x', expr: 'x @ 0'}\n");
  EXPECT_THAT(Find(writer + Group("fast", "interval: 1m", "  - {alert: A, expr: 'a:x > 1'}\n")),
              IsEmpty());
  EXPECT_THAT(
      Find(writer + Group("fast", "interval: 10m", "  - {alert: A, expr: 'sum(a:x) > 1'}\n")),
      ElementsAre(HasSubstr("up to 10m old")))
      << "rounds end before and after the instants of the grid";
  EXPECT_THAT(Find(Group("slow", "interval: 10m", "  - {record: 'a:x', expr: 'x + 1'}\n") +
                   Group("fast", "interval: 1m", "  - {alert: A, expr: 'sum(a:x) > 1'}\n")),
              IsEmpty())
      << "written at each round";
}

// The engine itself says when nothing is found.
TEST(StaleReads, AreThoseThatTheEngineDoesNotFindAtTimes) {
  size_t found = 0;
  size_t runs = 0;
  for (int made : {5, 6, 10, 15}) {
    for (int read : {1, 4, 10, 15, 20}) {
      for (const auto& [offset, of_writer] : {std::pair(0, 0), {3, 0}, {7, 0}, {0, 3}, {1, 5}}) {
        for (bool is_below : {true, false}) {
          const std::string writer =
              Group("w", fmt::format("interval: {}m\n  query_offset: {}m", made, of_writer),
                    "  - {record: 'a:x', expr: vector(1)}\n");
          const std::string reader =
              Group("r", fmt::format("interval: {}m", read),
                    fmt::format("  - {{alert: A, expr: absent(a:x{})}}\n",
                                offset == 0 ? "" : fmt::format(" offset {}m", offset)));
          const std::string groups = is_below ? writer + reader : reader + writer;
          World world("groups:\n" + groups);
          for (int minute = 0; minute <= 180; ++minute) {
            const Timestamp at = kStart + minute * 1min;
            world.Round(Probe('a'), at, at, {});
          }
          // In the first hour there may be nothing that was written before.
          const bool is_stale =
              !world.changes.empty() && (world.changes.back().at > kStart + 1h ||
                                         world.changes.back().alert.state == AlertState::kFiring);
          EXPECT_EQ(!Find(groups).empty(), is_stale) << groups;
          found += is_stale ? 1 : 0;
          ++runs;
        }
      }
    }
  }
  EXPECT_GT(found, runs / 4);
  EXPECT_LT(found, runs * 3 / 4);
}

TEST(StaleReads, AreOfAlertsThatAreEvaluatedSeldom) {
  const std::string alerts =
      Group("slow", "interval: 10m", "  - {alert: Slow, expr: sum(x) > 1, labels: {team: a}}\n");
  const auto reading = [&](const std::string& selector) {
    return Find(alerts + Group("fast", "interval: 1m",
                               "  - {alert: A, expr: 'sum(" + selector + ") > 1'}\n"));
  };
  EXPECT_THAT(reading("ALERTS"), ElementsAre(HasSubstr("for ALERTS, which rule 'Slow'")));
  EXPECT_THAT(reading("ALERTS_FOR_STATE{alertname=~\"S.*\"}").size(), 1u);
  EXPECT_THAT(reading("{__name__=~\"AL.*\"}").size(), 1u) << "once for a selector";
  EXPECT_THAT(reading("ALERTS{alertname=\"Other\"}"), IsEmpty());
  EXPECT_THAT(reading("ALERTS{team=\"b\"}"), IsEmpty());
}

}  // namespace
}  // namespace forewarn
