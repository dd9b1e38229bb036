#include "rules/unit_test_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace forewarn {
namespace {

TEST(UnitTestText, SamplesReadAsPromtoolWritesThem) {
  EXPECT_EQ(Describe(std::vector<ExpectedSample>{}), "nil");
  EXPECT_EQ(Describe(std::vector<ExpectedSample>{
                {Labels(), 0.25},
                {{{"__name__", "up"}, {"job", "a\"b"}}, 3},
                {{{"le", "1"}}, -std::numeric_limits<double>::infinity()}}),
            "{} 2.5E-01, {__name__=\"up\", job=\"a\\\"b\"} 3E+00, {le=\"1\"} -Inf");
}

TEST(UnitTestText, AlertsReadAsPromtoolWritesThem) {
  EXPECT_EQ(Describe(std::vector<ExpectedAlert>{}), "[]");
  EXPECT_EQ(Describe(std::vector<ExpectedAlert>{{{{"alertname", "A"}, {"x", "1"}}, {}},
                                                {{{"alertname", "A"}}, {{"summary", "s"}}}}),
            "[\n0:\n  Labels:{alertname=\"A\", x=\"1\"}\n  Annotations:{},\n"
            "1:\n  Labels:{alertname=\"A\"}\n  Annotations:{summary=\"s\"}\n]");
}

TEST(UnitTestText, AllLinesButTheFirstAreIndented) {
  EXPECT_EQ(Indented("a\nb\n\nc", 2), "a\n  b\n  \n  c");
}

}  // namespace
}  // namespace forewarn
