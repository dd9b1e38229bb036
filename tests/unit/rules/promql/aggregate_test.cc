#include "rules/promql/aggregate.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(Aggregate, AnswersAsPrometheusDoes) {
  CheckAnswers({
      {R"-(sum by (j)(c))-", 600s, R"-({j="x"} 175
{j="y"} 100)-"},
      {R"-(sum without (i)(g))-", 600s, R"-({j="x"} 6.000000001
{j="z"} 1.9999999999999991)-"},
      {R"-(sum by ()(somenan))-", 600s, R"-({} NaN)-"},
      {R"-(sum(c - c))-", 600s, R"-({} 0)-"},
      {R"-(avg by (j)(c))-", 600s, R"-({j="x"} 87.5
{j="y"} 100)-"},
      {R"-(avg without (i)(g))-", 600s, R"-({j="x"} 3.0000000005
{j="z"} 1.9999999999999991)-"},
      {R"-(avg by ()(somenan))-", 600s, R"-({} NaN)-"},
      {R"-(avg(c - c))-", 600s, R"-({} 0)-"},
      {R"-(min by (j)(c))-", 600s, R"-({j="x"} 75
{j="y"} 100)-"},
      {R"-(min without (i)(g))-", 600s, R"-({j="x"} 1e-09
{j="z"} 1.9999999999999991)-"},
      {R"-(min by ()(somenan))-", 600s, R"-({} 1)-"},
      {R"-(min(c - c))-", 600s, R"-({} 0)-"},
      {R"-(max by (j)(c))-", 600s, R"-({j="x"} 100
{j="y"} 100)-"},
      {R"-(max without (i)(g))-", 600s, R"-({j="x"} 6
{j="z"} 1.9999999999999991)-"},
      {R"-(max by ()(somenan))-", 600s, R"-({} 1)-"},
      {R"-(max(c - c))-", 600s, R"-({} 0)-"},
      {R"-(count by (j)(c))-", 600s, R"-({j="x"} 2
{j="y"} 1)-"},
      {R"-(count without (i)(g))-", 600s, R"-({j="x"} 2
{j="z"} 1)-"},
      {R"-(count by ()(somenan))-", 600s, R"-({} 2)-"},
      {R"-(count(c - c))-", 600s, R"-({} 3)-"},
      {R"-(group by (j)(c))-", 600s, R"-({j="x"} 1
{j="y"} 1)-"},
      {R"-(group without (i)(g))-", 600s, R"-({j="x"} 1
{j="z"} 1)-"},
      {R"-(group by ()(somenan))-", 600s, R"-({} 1)-"},
      {R"-(group(c - c))-", 600s, R"-({} 1)-"},
      {R"-(stddev by (j)(c))-", 600s, R"-({j="x"} 12.5
{j="y"} 0)-"},
      {R"-(stddev without (i)(g))-", 600s, R"-({j="x"} 2.9999999995
{j="z"} 0)-"},
      {R"-(stddev by ()(somenan))-", 600s, R"-({} NaN)-"},
      {R"-(stddev(c - c))-", 600s, R"-({} 0)-"},
      {R"-(stdvar by (j)(c))-", 600s, R"-({j="x"} 156.25
{j="y"} 0)-"},
      {R"-(stdvar without (i)(g))-", 600s, R"-({j="x"} 8.999999997
{j="z"} 0)-"},
      {R"-(stdvar by ()(somenan))-", 600s, R"-({} NaN)-"},
      {R"-(stdvar(c - c))-", 600s, R"-({} 0)-"},
      {R"-(topk(2, c))-", 180s, R"-(c{i="a",j="x"} 30
c{i="b",j="x"} 26)-"},
      {R"-(topk(2, c))-", 600s, R"-(c{i="a",j="x"} 100
c{i="c",j="y"} 100)-"},
      {R"-(topk by (j)(1, c))-", 180s, R"-(c{i="a",j="x"} 30)-"},
      {R"-(topk by (j)(1, c))-", 600s, R"-(c{i="a",j="x"} 100
c{i="c",j="y"} 100)-"},
      {R"-(bottomk(2, g))-", 180s, R"-(g{i="c",j="z"} 2.6999999999999997
g{i="b",j="x"} 3)-"},
      {R"-(bottomk(2, g))-", 600s, R"-(g{i="b",j="x"} 1e-09
g{i="c",j="z"} 1.9999999999999991)-"},
      {R"-(topk(0, c))-", 180s, ""},
      {R"-(topk(0, c))-", 600s, ""},
      {R"-(topk(1.9, c))-", 180s, R"-(c{i="a",j="x"} 30)-"},
      {R"-(topk(1.9, c))-", 600s, R"-(c{i="a",j="x"} 100)-"},
      {R"-(topk(100, g))-", 180s, R"-(g{i="a",j="x"} 2000
g{i="b",j="x"} 3
g{i="c",j="z"} 2.6999999999999997)-"},
      {R"-(topk(100, g))-", 600s, R"-(g{i="a",j="x"} 6
g{i="c",j="z"} 1.9999999999999991
g{i="b",j="x"} 1e-09)-"},
      {R"-(quantile(0.33, c))-", 180s, R"-({} 27.32)-"},
      {R"-(quantile(0.33, c))-", 600s, R"-({} 91.5)-"},
      {R"-(quantile(2, c))-", 180s, R"-({} +Inf)-"},
      {R"-(quantile(2, c))-", 600s, R"-({} +Inf)-"},
      {R"-(quantile(-1, g))-", 180s, R"-({} -Inf)-"},
      {R"-(quantile(-1, g))-", 600s, R"-({} -Inf)-"},
      {R"-(quantile(NaN, c))-", 180s, R"-({} NaN)-"},
      {R"-(quantile(NaN, c))-", 600s, R"-({} NaN)-"},
      {R"-(quantile by (j)(0.5, g))-", 180s, R"-({j="x"} 1001.5
{j="z"} 2.6999999999999997)-"},
      {R"-(quantile by (j)(0.5, g))-", 600s, R"-({j="x"} 3.0000000005
{j="z"} 1.9999999999999991)-"},
      {R"-(count_values by (j)('v', c))-", 180s, R"-({j="x",v="26"} 1
{j="x",v="30"} 1)-"},
      {R"-(count_values by (j)('v', c))-", 600s, R"-({j="x",v="100"} 1
{j="x",v="75"} 1
{j="y",v="100"} 1)-"},
      {R"-(count_values('v', g))-", 180s, R"-({v="2.6999999999999997"} 1
{v="2000"} 1
{v="3"} 1)-"},
      {R"-(count_values('v', g))-", 600s, R"-({v="0.000000001"} 1
{v="1.9999999999999991"} 1
{v="6"} 1)-"},
      {R"-(count_values('v', g*1e25))-", 180s, R"-({v="20000000000000004000000000000"} 1
{v="27000000000000000000000000"} 1
{v="30000000000000005000000000"} 1)-"},
      {R"-(count_values('v', g*1e25))-", 600s, R"-({v="10000000000000002"} 1
{v="19999999999999993000000000"} 1
{v="60000000000000010000000000"} 1)-"},
  });
}

TEST(Aggregate, RefusesParametersThatMakeNoSense) {
  EXPECT_THAT(AnswerTo("topk(NaN, c)", 10min), testing::HasSubstr("no usable number of series"));
  EXPECT_THAT(AnswerTo("count_values('bad-label', c)", 10min),
              testing::HasSubstr("is not a label name"));
}

TEST(Aggregate, PaysForTheRowsThatCountValuesMakes) {
  static const NotedSource source(kSeries, 1min);
  const std::string big = R"(label_replace(c, "b", ")" + std::string(6'000, 'x') + R"(", "", ""))";
  EvalLimits limits;
  limits.max_operations = 4'000;  // three labels of 6000 bytes are 2250
  EXPECT_EQ(EvaluateText("count(" + big + ")", source, 10min, limits), "{} 3");
  EXPECT_THAT(EvaluateText("count_values without () ('v', " + big + ")", source, 10min, limits),
              testing::HasSubstr("more than 4000 operations"));
}

}  // namespace
}  // namespace forewarn::promql
