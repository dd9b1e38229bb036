#include "rules/promql/binary.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(Binary, AnswersAsPrometheusDoes) {
  CheckAnswers({
      {R"-(c + g)-", 120s, R"-({i="a",j="x"} 27.5
{i="b",j="x"} 21)-"},
      {R"-(g + 3)-", 120s, R"-({i="a",j="x"} 10.5
{i="b",j="x"} 5
{i="c",j="z"} 5.8)-"},
      {R"-(2 + c)-", 120s, R"-({i="a",j="x"} 22
{i="b",j="x"} 21
{i="d",j="y"} 5)-"},
      {R"-(c - g)-", 120s, R"-({i="a",j="x"} 12.5
{i="b",j="x"} 17)-"},
      {R"-(g - 3)-", 120s, R"-({i="a",j="x"} 4.5
{i="b",j="x"} -1
{i="c",j="z"} -0.20000000000000018)-"},
      {R"-(2 - c)-", 120s, R"-({i="a",j="x"} -18
{i="b",j="x"} -17
{i="d",j="y"} -1)-"},
      {R"-(c * g)-", 120s, R"-({i="a",j="x"} 150
{i="b",j="x"} 38)-"},
      {R"-(g * 3)-", 120s, R"-({i="a",j="x"} 22.5
{i="b",j="x"} 6
{i="c",j="z"} 8.399999999999999)-"},
      {R"-(2 * c)-", 120s, R"-({i="a",j="x"} 40
{i="b",j="x"} 38
{i="d",j="y"} 6)-"},
      {R"-(c / g)-", 120s, R"-({i="a",j="x"} 2.6666666666666665
{i="b",j="x"} 9.5)-"},
      {R"-(g / 3)-", 120s, R"-({i="a",j="x"} 2.5
{i="b",j="x"} 0.6666666666666666
{i="c",j="z"} 0.9333333333333332)-"},
      {R"-(2 / c)-", 120s, R"-({i="a",j="x"} 0.1
{i="b",j="x"} 0.10526315789473684
{i="d",j="y"} 0.6666666666666666)-"},
      {R"-(c % g)-", 120s, R"-({i="a",j="x"} 5
{i="b",j="x"} 1)-"},
      {R"-(g % 3)-", 120s, R"-({i="a",j="x"} 1.5
{i="b",j="x"} 2
{i="c",j="z"} 2.8)-"},
      {R"-(2 % c)-", 120s, R"-({i="a",j="x"} 2
{i="b",j="x"} 2
{i="d",j="y"} 2)-"},
      {R"-(g ^ 3)-", 120s, R"-({i="a",j="x"} 421.875
{i="b",j="x"} 8
{i="c",j="z"} 21.951999999999995)-"},
      {R"-(2 ^ c)-", 120s, R"-({i="a",j="x"} 1048576
{i="b",j="x"} 524288
{i="d",j="y"} 8)-"},
      {R"-(g atan2 3)-", 120s, R"-(g{i="a",j="x"} 1.1902899496825317
g{i="b",j="x"} 0.5880026035475675
g{i="c",j="z"} 0.7509290623979402)-"},
      {R"-(c == g)-", 120s, ""},
      {R"-(g == bool 3)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0
{i="c",j="z"} 0)-"},
      {R"-(2 == c)-", 120s, ""},
      {R"-(c == bool g)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0)-"},
      {R"-(c != g)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19)-"},
      {R"-(g != bool 3)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1
{i="c",j="z"} 1)-"},
      {R"-(2 != c)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19
c{i="d",j="y"} 3)-"},
      {R"-(c != bool g)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1)-"},
      {R"-(c > g)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19)-"},
      {R"-(g > bool 3)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 0
{i="c",j="z"} 0)-"},
      {R"-(2 > c)-", 120s, ""},
      {R"-(c > bool g)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1)-"},
      {R"-(c < g)-", 120s, ""},
      {R"-(g < bool 3)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 1
{i="c",j="z"} 1)-"},
      {R"-(2 < c)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19
c{i="d",j="y"} 3)-"},
      {R"-(c < bool g)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0)-"},
      {R"-(c >= g)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19)-"},
      {R"-(g >= bool 3)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 0
{i="c",j="z"} 0)-"},
      {R"-(2 >= c)-", 120s, ""},
      {R"-(c >= bool g)-", 120s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1)-"},
      {R"-(c <= g)-", 120s, ""},
      {R"-(g <= bool 3)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 1
{i="c",j="z"} 1)-"},
      {R"-(2 <= c)-", 120s, R"-(c{i="a",j="x"} 20
c{i="b",j="x"} 19
c{i="d",j="y"} 3)-"},
      {R"-(c <= bool g)-", 120s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0)-"},
      {R"-(c + on(i) group_left info)-", 600s, R"-({i="a",j="x"} 101
{i="b",j="x"} 76
{i="c",j="y"} 101)-"},
      {R"-(info > on(i) group_left c)-", 600s, ""},
      {R"-(c * on(i) group_left info)-", 600s, R"-({i="a",j="x"} 100
{i="b",j="x"} 75
{i="c",j="y"} 100)-"},
      {R"-(c + on(i) group_left(os) info)-", 600s, R"-({i="a",j="x",os="linux"} 101
{i="b",j="x",os="bsd"} 76
{i="c",j="y",os="linux"} 101)-"},
      {R"-(info > on(i) group_left(os) c)-", 600s, ""},
      {R"-(c * on(i) group_left(os) info)-", 600s, R"-({i="a",j="x",os="linux"} 100
{i="b",j="x",os="bsd"} 75
{i="c",j="y",os="linux"} 100)-"},
      {R"-(c + on(i) group_right info)-", 600s, R"-({i="a",os="linux",v="1"} 101
{i="b",os="bsd",v="2"} 76
{i="c",os="linux",v="3"} 101)-"},
      {R"-(info > on(i) group_right c)-", 600s, ""},
      {R"-(c * on(i) group_right info)-", 600s, R"-({i="a",os="linux",v="1"} 100
{i="b",os="bsd",v="2"} 75
{i="c",os="linux",v="3"} 100)-"},
      {R"-(c + ignoring(j) group_left info)-", 600s, ""},
      {R"-(info > ignoring(j) group_left c)-", 600s, ""},
      {R"-(c * ignoring(j) group_left info)-", 600s, ""},
      {R"-(c + ignoring(j) group_left(os) info)-", 600s, ""},
      {R"-(info > ignoring(j) group_left(os) c)-", 600s, ""},
      {R"-(c * ignoring(j) group_left(os) info)-", 600s, ""},
      {R"-(c + ignoring(j) group_right info)-", 600s, ""},
      {R"-(info > ignoring(j) group_right c)-", 600s, ""},
      {R"-(c * ignoring(j) group_right info)-", 600s, ""},
      {R"-(c + ignoring(i,j) group_left info)-", 600s, ""},
      {R"-(c * ignoring(i,j) group_left info)-", 600s, ""},
      {R"-(c + ignoring(i,j) group_left(os) info)-", 600s, ""},
      {R"-(c * ignoring(i,j) group_left(os) info)-", 600s, ""},
      {R"-(info > ignoring(i,j) group_right c)-", 600s, ""},
      {R"-(c and on(i) info)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100)-"},
      {R"-(g > 3 and ignoring(j) c < 100)-", 600s, ""},
      {R"-(c and on() nosuch)-", 600s, ""},
      {R"-(c and  g)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75)-"},
      {R"-(c or on(i) info)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100)-"},
      {R"-(g > 3 or ignoring(j) c < 100)-", 600s, R"-(c{i="b",j="x"} 75
g{i="a",j="x"} 6)-"},
      {R"-(c or on() nosuch)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100)-"},
      {R"-(c or  g)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100
g{i="c",j="z"} 1.9999999999999991)-"},
      {R"-(c unless on(i) info)-", 600s, ""},
      {R"-(g > 3 unless ignoring(j) c < 100)-", 600s, R"-(g{i="a",j="x"} 6)-"},
      {R"-(c unless on() nosuch)-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100)-"},
      {R"-(c unless  g)-", 600s, R"-(c{i="c",j="y"} 100)-"},
  });
}

TEST(Binary, PaysForTheLabelsThatAGroupCopies) {
  static const NotedSource source(kSeries, 1min);
  const std::string big =
      R"(label_replace(vector(1), "b", ")" + std::string(12'000, 'x') + R"(", "", ""))";
  EvalLimits limits;
  limits.max_operations = 4'000;  // one label of 12,000 bytes is 1500
  EXPECT_EQ(EvaluateText("count(sum(c) * on () group_left (b) " + big + ")", source, 10min, limits),
            "{} 1");
  EXPECT_THAT(EvaluateText("c * on () group_left (b) " + big, source, 10min, limits),
              testing::HasSubstr("more than 4000 operations"));
}

}  // namespace
}  // namespace forewarn::promql
