#include "rules/promql/range_functions.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(RangeFunctions, AnswerAsPrometheusDoes) {
  CheckAnswers({
      {R"-(rate(c[5m]))-", 600s, R"-({i="a",j="x"} 0.16666666666666669
{i="b",j="x"} 0.11666666666666667
{i="c",j="y"} 0
{i="d",j="y"} 0.011666666666666667)-"},
      {R"-(rate(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 0.021111111111111112
{i="b",j="x"} 0.005555555561111112
{i="c",j="z"} 0.03833333333333332)-"},
      {R"-(rate(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0.15384615384615383
{i="b",j="x"} 0.10769230769230768
{i="c",j="y"} 0
{i="d",j="y"} 0.008928571428571428)-"},
      {R"-(irate(c[5m]))-", 600s, R"-({i="a",j="x"} 0.16666666666666666
{i="b",j="x"} 0.11666666666666667
{i="c",j="y"} 0
{i="d",j="y"} 0.016666666666666666)-"},
      {R"-(irate(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 0
{i="c",j="z"} 0.03666666666666665)-"},
      {R"-(irate(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0
{i="c",j="y"} 0
{i="d",j="y"} 0.022222222222222223)-"},
      {R"-(increase(c[5m]))-", 600s, R"-({i="a",j="x"} 50
{i="b",j="x"} 35
{i="c",j="y"} 0
{i="d",j="y"} 3.5)-"},
      {R"-(increase(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 3.8
{i="b",j="x"} 1.000000001
{i="c",j="z"} 6.899999999999999)-"},
      {R"-(increase(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 92.30769230769229
{i="b",j="x"} 64.61538461538461
{i="c",j="y"} 0
{i="d",j="y"} 5.357142857142857)-"},
      {R"-(delta(c[5m]))-", 600s, R"-({i="a",j="x"} 50
{i="b",j="x"} 35
{i="c",j="y"} 0
{i="d",j="y"} 3.5)-"},
      {R"-(delta(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 3.8
{i="b",j="x"} -3.999999999
{i="c",j="z"} -0.30000000000000027)-"},
      {R"-(delta(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 92.30769230769229
{i="b",j="x"} 64.61538461538461
{i="c",j="y"} 0
{i="d",j="y"} 5.357142857142857)-"},
      {R"-(idelta(c[5m]))-", 600s, R"-({i="a",j="x"} 10
{i="b",j="x"} 7
{i="c",j="y"} 0
{i="d",j="y"} 1)-"},
      {R"-(idelta(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 0
{i="c",j="z"} -0.10000000000000009)-"},
      {R"-(idelta(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0
{i="c",j="y"} 0
{i="d",j="y"} 1)-"},
      {R"-(deriv(c[5m]))-", 600s, R"-({i="a",j="x"} 0.16666666666666666
{i="b",j="x"} 0.11666666666666667
{i="c",j="y"} 0
{i="d",j="y"} 0.016666666666666666)-"},
      {R"-(deriv(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} -0.028333333326666668
{i="c",j="z"} -0.001666666666666673)-"},
      {R"-(deriv(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0.16556776556776556
{i="b",j="x"} 0.1158974358974359
{i="c",j="y"} 0
{i="d",j="y"} 0.008856682769726247)-"},
      {R"-(changes(c[5m]))-", 600s, R"-({i="a",j="x"} 5
{i="b",j="x"} 5
{i="c",j="y"} 0
{i="d",j="y"} 2)-"},
      {R"-(changes(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 3
{i="b",j="x"} 2
{i="c",j="z"} 3)-"},
      {R"-(changes(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 9
{i="b",j="x"} 9
{i="c",j="y"} 0
{i="d",j="y"} 5)-"},
      {R"-(resets(c[5m]))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0
{i="c",j="y"} 0
{i="d",j="y"} 0)-"},
      {R"-(resets(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 1
{i="c",j="z"} 3)-"},
      {R"-(resets(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 0
{i="c",j="y"} 0
{i="d",j="y"} 0)-"},
      {R"-(avg_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 75
{i="b",j="x"} 57.5
{i="c",j="y"} 100
{i="d",j="y"} 5)-"},
      {R"-(avg_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 2.2500000005
{i="c",j="z"} 2.3499999999999996)-"},
      {R"-(avg_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 45
{i="b",j="x"} 36.5
{i="c",j="y"} 100
{i="d",j="y"} 3.25)-"},
      {R"-(min_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 50
{i="b",j="x"} 40
{i="c",j="y"} 100
{i="d",j="y"} 4)-"},
      {R"-(min_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 0.2
{i="b",j="x"} 1e-09
{i="c",j="z"} 2.1999999999999993)-"},
      {R"-(min_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 0
{i="b",j="x"} 5
{i="c",j="y"} 100
{i="d",j="y"} 1)-"},
      {R"-(max_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 100
{i="b",j="x"} 75
{i="c",j="y"} 100
{i="d",j="y"} 6)-"},
      {R"-(max_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 4
{i="b",j="x"} 5
{i="c",j="z"} 2.4999999999999996)-"},
      {R"-(max_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 90
{i="b",j="x"} 68
{i="c",j="y"} 100
{i="d",j="y"} 6)-"},
      {R"-(sum_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 450
{i="b",j="x"} 345
{i="c",j="y"} 400
{i="d",j="y"} 15)-"},
      {R"-(sum_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 9.000000002
{i="c",j="z"} 9.399999999999999)-"},
      {R"-(sum_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 630
{i="b",j="x"} 511
{i="c",j="y"} 700
{i="d",j="y"} 26)-"},
      {R"-(count_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 6
{i="b",j="x"} 6
{i="c",j="y"} 4
{i="d",j="y"} 3)-"},
      {R"-(count_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 4
{i="b",j="x"} 4
{i="c",j="z"} 4)-"},
      {R"-(count_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 14
{i="b",j="x"} 14
{i="c",j="y"} 7
{i="d",j="y"} 8)-"},
      {R"-(last_over_time(c[5m]))-", 600s, R"-(c{i="a",j="x"} 100
c{i="b",j="x"} 75
c{i="c",j="y"} 100
c{i="d",j="y"} 6)-"},
      {R"-(last_over_time(g[3m] offset 2m))-", 600s, R"-(g{i="a",j="x"} 4
g{i="b",j="x"} 1e-09
g{i="c",j="z"} 2.1999999999999993)-"},
      {R"-(last_over_time(c[10m:45s]))-", 600s, R"-(c{i="a",j="x"} 90
c{i="b",j="x"} 68
c{i="c",j="y"} 100
c{i="d",j="y"} 6)-"},
      {R"-(present_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1
{i="c",j="y"} 1
{i="d",j="y"} 1)-"},
      {R"-(present_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1
{i="c",j="z"} 1)-"},
      {R"-(present_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 1
{i="b",j="x"} 1
{i="c",j="y"} 1
{i="d",j="y"} 1)-"},
      {R"-(stddev_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 17.07825127659933
{i="b",j="x"} 11.954775893619532
{i="c",j="y"} 0
{i="d",j="y"} 0.816496580927726)-"},
      {R"-(stddev_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 2.2776083942921357
{i="c",j="z"} 0.11180339887498958)-"},
      {R"-(stddev_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 30.178043106110866
{i="b",j="x"} 21.12463017427761
{i="c",j="y"} 0
{i="d",j="y"} 1.713913650100261)-"},
      {R"-(stdvar_over_time(c[5m]))-", 600s, R"-({i="a",j="x"} 291.6666666666667
{i="b",j="x"} 142.91666666666666
{i="c",j="y"} 0
{i="d",j="y"} 0.6666666666666666)-"},
      {R"-(stdvar_over_time(g[3m] offset 2m))-", 600s, R"-({i="a",j="x"} NaN
{i="b",j="x"} 5.18749999775
{i="c",j="z"} 0.012500000000000022)-"},
      {R"-(stdvar_over_time(c[10m:45s]))-", 600s, R"-({i="a",j="x"} 910.7142857142856
{i="b",j="x"} 446.25
{i="c",j="y"} 0
{i="d",j="y"} 2.9375)-"},
      {R"-(absent_over_time(c[5m]))-", 600s, ""},
      {R"-(absent_over_time(g[3m] offset 2m))-", 600s, ""},
      {R"-(absent_over_time(c[10m:45s]))-", 600s, ""},
      {R"-(avg_over_time(kahan[10m]))-", 600s, R"-({i="a"} 1.7954545454545454)-"},
      {R"-(sum_over_time(kahan[10m]))-", 600s, R"-({i="a"} 19)-"},
      {R"-(stddev_over_time(kahan[10m]))-", 600s, R"-({i="a"} 6.030226891555273e+99)-"},
      {R"-(deriv(allinf[5m]))-", 600s, R"-({i="a"} NaN)-"},
      {R"-(deriv(const[5m]))-", 600s, R"-({i="a"} 0)-"},
      {R"-(avg_over_time(tinf[10m]))-", 600s, R"-({i="a"} +Inf)-"},
      {R"-(sum_over_time(tinf[10m]))-", 600s, R"-({i="a"} +Inf)-"},
      {R"-(predict_linear(c[5m], 3600))-", 600s, R"-({i="a",j="x"} 700
{i="b",j="x"} 495
{i="c",j="y"} 100
{i="d",j="y"} 68)-"},
      {R"-(predict_linear(c[5m], 3600))-", 900s, R"-({i="a",j="x"} 750
{i="b",j="x"} -20.23809523809523
{i="c",j="y"} 242
{i="d",j="y"} 7)-"},
      {R"-(predict_linear(c[10m] @ 600, 3600))-", 600s, R"-({i="a",j="x"} 700
{i="b",j="x"} 495
{i="c",j="y"} 100
{i="d",j="y"} 38.775862068965516)-"},
      {R"-(predict_linear(c[10m] @ 600, 3600))-", 900s, R"-({i="a",j="x"} 750
{i="b",j="x"} 530
{i="c",j="y"} 100
{i="d",j="y"} 41.44827586206897)-"},
      {R"-(holt_winters(c[5m], 0.3, 0.7))-", 600s, R"-({i="a",j="x"} 100
{i="b",j="x"} 75
{i="c",j="y"} 100
{i="d",j="y"} 5.999999999999999)-"},
      {R"-(holt_winters(c[5m], 0.3, 0.7))-", 900s, R"-({i="a",j="x"} 150
{i="b",j="x"} -23.995236899999988
{i="c",j="y"} 61.999999999999986
{i="d",j="y"} 7)-"},
      {R"-(quantile_over_time(0.3, g[5m]))-", 600s, R"-({i="a",j="x"} 0.25
{i="b",j="x"} 1e-09
{i="c",j="z"} 2.1499999999999995)-"},
      {R"-(quantile_over_time(0.3, g[5m]))-", 900s, R"-({i="a",j="x"} 7
{i="b",j="x"} 1e-09
{i="c",j="z"} 1.6499999999999988)-"},
      {R"-(quantile_over_time(1.5, g[5m]))-", 600s, R"-({i="a",j="x"} +Inf
{i="b",j="x"} +Inf
{i="c",j="z"} +Inf)-"},
      {R"-(quantile_over_time(1.5, g[5m]))-", 900s, R"-({i="a",j="x"} +Inf
{i="b",j="x"} +Inf
{i="c",j="z"} +Inf)-"},
      {R"-(quantile_over_time(-1, g[5m]))-", 600s, R"-({i="a",j="x"} -Inf
{i="b",j="x"} -Inf
{i="c",j="z"} -Inf)-"},
      {R"-(quantile_over_time(-1, g[5m]))-", 900s, R"-({i="a",j="x"} -Inf
{i="b",j="x"} -Inf
{i="c",j="z"} -Inf)-"},
  });
}

TEST(RangeFunctions, RefuseFactorsOfSmoothingOutOfBounds) {
  EXPECT_THAT(AnswerTo("holt_winters(c[5m], 1, 0.5)", 10min),
              testing::HasSubstr("the smoothing factor"));
  EXPECT_THAT(AnswerTo("holt_winters(c[5m], 0.5, 0)", 10min),
              testing::HasSubstr("the trend factor"));
}

}  // namespace
}  // namespace forewarn::promql
