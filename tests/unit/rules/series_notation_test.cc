#include "rules/series_notation.h"

#include <gmock/gmock.h>

#include <cmath>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::optional<double>> Values(std::string_view text) {
  const auto values = ParseSeriesValues(text);
  EXPECT_TRUE(values.ok()) << values.status().ToString();
  return values.ok() ? *values : std::vector<std::optional<double>>{};
}

TEST(SeriesNotation, ExpandsValues) {
  EXPECT_THAT(Values("1 -2.5  3e2"), ElementsAre(1, -2.5, 300));
  EXPECT_THAT(Values("1+2x3"), ElementsAre(1, 3, 5, 7));
  EXPECT_THAT(Values("10-2x3"), ElementsAre(10, 8, 6, 4));
  EXPECT_THAT(Values("0x2"), ElementsAre(0, 0, 0));
  EXPECT_THAT(Values("5x0"), ElementsAre(5));
  EXPECT_THAT(Values("_ 1 _x2"), ElementsAre(std::nullopt, 1, std::nullopt, std::nullopt));
  EXPECT_THAT(Values(""), ElementsAre());
}

TEST(SeriesNotation, KnowsNanInfinityAndTheEndOfASeries) {
  const auto values = Values("NaN +Inf -Inf stale");
  ASSERT_EQ(values.size(), 4u);
  EXPECT_TRUE(std::isnan(*values[0]));
  EXPECT_FALSE(IsStale(*values[0]));
  EXPECT_EQ(values[1], INFINITY);
  EXPECT_EQ(values[2], -INFINITY);
  EXPECT_TRUE(IsStale(*values[3]));
}

TEST(SeriesNotation, RefusesWhatIsNoValue) {
  for (const char* text : {"a", "1x", "1+x3", "1x-3", "1+2", "1x3x3", "--1", "-1+-1x2", "__", "_3",
                           "stalex2", "1x1000000", "_x99999999999999999999", "1x600000 1x600000"}) {
    EXPECT_FALSE(ParseSeriesValues(text).ok()) << text;
  }
  EXPECT_THAT(ParseSeriesValues("1 2 1y3").status().message(),
              HasSubstr("1:5: '1y3' is no value of a series"));
}

TEST(SeriesNotation, ReadsLabels) {
  EXPECT_EQ(*ParseSeriesLabels("up"), Labels({{"__name__", "up"}}));
  EXPECT_EQ(*ParseSeriesLabels("up{a=\"x y\", b='}'}"),
            Labels({{"__name__", "up"}, {"a", "x y"}, {"b", "}"}}));
  EXPECT_EQ(*ParseSeriesLabels("{}"), Labels());
  for (const char* text :
       {"", "up{", "up{a}", "up{a=\"1\"} x", "up{a=~\"1\"}", "1", "up{a=\"1\",a=\"2\"}"}) {
    EXPECT_FALSE(ParseSeriesLabels(text).ok()) << text;
  }
}

TEST(SeriesNotation, ReadsLabelsAndValuesTogether) {
  const auto series = ParseSeries("disk{mount=\"/a b}\"}  100-25x2 _ 0");
  ASSERT_TRUE(series.ok()) << series.status().ToString();
  EXPECT_EQ(series->labels.Get("mount"), "/a b}");
  const SeriesData data = series->At(FromMillis(1000), 1min);
  EXPECT_THAT(data.samples,
              ElementsAre(Sample{FromMillis(1000), 100}, Sample{FromMillis(61000), 75},
                          Sample{FromMillis(121000), 50}, Sample{FromMillis(241000), 0}));
}

}  // namespace
}  // namespace forewarn
