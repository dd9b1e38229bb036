#include "rules/humanize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace forewarn {
namespace {

// Each line is what promtool 2.42 prints.
struct Case {
  double value;
  const char* plain;
  const char* humanized;
  const char* humanized1024;
  const char* duration;
  const char* percentage;
};

TEST(Humanize, WritesTheLettersOfPrometheus) {
  const std::vector<Case> cases = {
      {0, "0", "0", "0", "0s", "0%"},
      {1, "1", "1", "1", "1s", "100%"},
      {1e6, "1e+06", "1M", "976.6ki", "11d 13h 46m 40s", "1e+08%"},
      {123456, "123456", "123.5k", "120.6ki", "1d 10h 17m 36s", "1.235e+07%"},
      {1234567, "1.234567e+06", "1.235M", "1.177Mi", "14d 6h 56m 7s", "1.235e+08%"},
      {0.0001, "0.0001", "100u", "0.0001", "100us", "0.01%"},
      {0.00001234, "1.234e-05", "12.34u", "1.234e-05", "12.34us", "0.001234%"},
      {0.25, "0.25", "250m", "0.25", "250ms", "25%"},
      {-5, "-5", "-5", "-5", "-5s", "-500%"},
      {-0.5, "-0.5", "-500m", "-0.5", "-500ms", "-50%"},
      {3725, "3725", "3.725k", "3.638ki", "1h 2m 5s", "3.725e+05%"},
      {59.99, "59.99", "59.99", "59.99", "59.99s", "5999%"},
      {60, "60", "60", "60", "1m 0s", "6000%"},
      {1048576, "1.048576e+06", "1.049M", "1Mi", "12d 3h 16m 16s", "1.049e+08%"},
      {NAN, "NaN", "NaN", "NaN", "NaN", "NaN%"},
      {INFINITY, "+Inf", "+Inf", "+Inf", "+Inf", "+Inf%"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(PlainNumber(c.value), c.plain);
    EXPECT_EQ(Humanize(c.value), c.humanized);
    EXPECT_EQ(Humanize1024(c.value), c.humanized1024);
    EXPECT_EQ(HumanizeDuration(c.value), c.duration);
    EXPECT_EQ(HumanizePercentage(c.value), c.percentage);
  }
}

TEST(Humanize, WritesTimesInUtc) {
  EXPECT_EQ(HumanizeTimestamp(0), "1970-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(HumanizeTimestamp(93784.5), "1970-01-02 02:03:04.5 +0000 UTC");
  EXPECT_EQ(HumanizeTimestamp(-0.5), "1969-12-31 23:59:59.5 +0000 UTC");
  EXPECT_EQ(HumanizeTimestamp(1500000000.123), "2017-07-14 02:40:00.122 +0000 UTC");
  EXPECT_EQ(HumanizeTimestamp(1e300), "1e+300");
  EXPECT_EQ(HumanizeTimestamp(NAN), "NaN");
}

}  // namespace
}  // namespace forewarn
