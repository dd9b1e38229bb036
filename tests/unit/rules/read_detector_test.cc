#include "rules/read_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/rule_mistakes.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

TEST(ReadDetector, ReadsDetectors) {
  RuleFiles files = ParseRuleFile("r.yaml", R"(
detectors:
- record: disk:seconds_to_full
  forecast: {series: 'avail{fstype!="tmpfs"}', reaches: 5e9, min_history: 1h, block: 5m}
groups:
- name: g
  rules:
  - alert: DiskWillFill
    expr: disk:seconds_to_full:upper < 4 * 3600
    forewarn: {predicts: disk:seconds_to_full}
)");
  ASSERT_THAT(files.mistakes, ElementsAre());
  ASSERT_EQ(files.detectors.size(), 1u);
  const DetectorSpec& detector = files.detectors[0];
  EXPECT_EQ(detector.record, "disk:seconds_to_full");
  ASSERT_EQ(detector.selector.size(), 2u);
  EXPECT_EQ(detector.selector[1].ToString(), "fstype!=\"tmpfs\"");
  EXPECT_EQ(detector.forecast.reaches, 5e9);
  EXPECT_EQ(detector.forecast.min_history, 1h);
  EXPECT_EQ(detector.forecast.block, 5min);
}

TEST(ReadDetector, ListsTheMistakesOfDetectors) {
  EXPECT_THAT(
      MistakesOf(R"(detectors:
- record: 9lives
  forecast: {series: 'rate(x[5m])', reaches: none}
- record: a
  forcast: {series: x}
- record: b
  forecast: {reaches: 0, block: 0s}
- record: b
  forecast: {series: x}
)"),
      ElementsAre("r.yaml:2:11: invalid name of a recorded series: '9lives'",
                  "r.yaml:3:22: 'series' must select series by name and labels, nothing else",
                  "r.yaml:3:46: 'reaches' is 'none', but must be a number",
                  "r.yaml:5:3: unknown key 'forcast' in the detector; did you mean 'forecast'?",
                  "r.yaml:4:3: the detector has no kind; 'forecast' is the one there is",
                  "r.yaml:7:33: 'block' must be longer than 0s",
                  "r.yaml:7:13: 'series' must be set in a forecast",
                  "r.yaml:8:11: another detector records 'b' already"));
}

}  // namespace
}  // namespace forewarn
