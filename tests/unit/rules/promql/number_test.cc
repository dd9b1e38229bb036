#include "rules/promql/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace forewarn::promql {
namespace {

TEST(Number, IsReadAsGoReadsIt) {
  const std::pair<const char*, double> cases[] = {
      {"1", 1},
      {"-0x1F", -31},
      {"0X1f", 31},
      {"017", 15},
      {"08", 8},
      {"+.5", 5e-1},
      {"5.", 5},
      {"1e-3", 1e-3},
      {"9223372036854775808", 0x1p63},
      {"-inf", -INFINITY},
  };
  for (const auto& [text, number] : cases) {
    const auto read = ParseNumber(text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status().message();
    EXPECT_EQ(*read, number) << text;
  }
  EXPECT_TRUE(std::isnan(*ParseNumber("NaN")));
}

TEST(Number, RefusesWhatGoRefuses) {
  for (const char* text : {"", "-", "+-1", "0x", "0x1.8", "1 ", " 1", "1e", "1_000", "x", "0x-1"}) {
    EXPECT_FALSE(ParseNumber(text).ok()) << "'" << text << "'";
  }
  EXPECT_EQ(ParseNumber("1e999").status().message(), "'1e999' does not fit a double");
}

TEST(Number, WritesNumbersAsGoDoes) {
  EXPECT_EQ(FormatValue(0.1), "0.1");
  EXPECT_EQ(FormatValue(1e20), "1e+20");
  EXPECT_EQ(FormatPlain(1e20), "100000000000000000000");
  EXPECT_EQ(FormatPlain(-6.000000000000001e25), "-60000000000000010000000000");
  EXPECT_EQ(FormatPlain(1234567890123456.5), "1234567890123456.5");
  EXPECT_EQ(FormatPlain(1e-7), "0.0000001");
  EXPECT_EQ(FormatPlain(-INFINITY), "-Inf");
  EXPECT_EQ(FormatValue(NAN), "NaN");
  EXPECT_EQ(FormatScientific(1), "1e+00");
  EXPECT_EQ(FormatScientific(-12.5e-7), "-1.25e-06");
  EXPECT_EQ(FormatScientific(INFINITY), "+Inf");
}

}  // namespace
}  // namespace forewarn::promql
