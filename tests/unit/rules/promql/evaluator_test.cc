#include "rules/promql/evaluator.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

// Compiled without optimization, or with sanitizers, a stack of so many levels would not do.
TEST(Evaluator, TakesALongChainOfOperatorsFromTheLeft) {
  std::string sum = "const";
  std::string either = "nosuch";
  for (int i = 0; i < 1100; ++i) sum += i % 2 == 0 ? " - 7" : " + 7";
  for (int i = 0; i < 998; ++i) either += " or nosuch";
  EXPECT_EQ(AnswerTo(sum, 60s), "{i=\"a\"} 5");
  EXPECT_EQ(AnswerTo(either + " or same1", 60s), "same1{k=\"v\"} 1");
}

TEST(Evaluator, LooksWherePrometheusDoes) {
  CheckAnswers({
      {R"-(g @ start())-", 330s, R"-(g{i="a",j="x"} 0.2
g{i="b",j="x"} 4
g{i="c",j="z"} 2.4999999999999996)-"},
      {R"-(g @ start())-", 600s, R"-(g{i="a",j="x"} 6
g{i="b",j="x"} 1e-09
g{i="c",j="z"} 1.9999999999999991)-"},
      {R"-(g @ 60)-", 330s, R"-(g{i="a",j="x"} -3
g{i="b",j="x"} -Inf
g{i="c",j="z"} 2.9)-"},
      {R"-(g @ 60)-", 600s, R"-(g{i="a",j="x"} -3
g{i="b",j="x"} -Inf
g{i="c",j="z"} 2.9)-"},
      {R"-(g @ -60)-", 330s, ""},
      {R"-(g @ -60)-", 600s, ""},
      {R"-(g @ 60 offset 1m)-", 330s, R"-(g{i="a",j="x"} 10
g{i="b",j="x"} 1
g{i="c",j="z"} 3)-"},
      {R"-(g @ 60 offset 1m)-", 600s, R"-(g{i="a",j="x"} 10
g{i="b",j="x"} 1
g{i="c",j="z"} 3)-"},
      {R"-(sum_over_time(g[2m] @ start()))-", 330s, R"-({i="a",j="x"} 0.30000000000000004
{i="b",j="x"} +Inf
{i="c",j="z"} 5.1)-"},
      {R"-(sum_over_time(g[2m] @ start()))-", 600s, R"-({i="a",j="x"} 15
{i="b",j="x"} 3.0000000000000004e-09
{i="c",j="z"} 6.299999999999997)-"},
      {R"-(g @ 90.5)-", 330s, R"-(g{i="a",j="x"} -3
g{i="b",j="x"} -Inf
g{i="c",j="z"} 2.9)-"},
      {R"-(g @ 90.5)-", 600s, R"-(g{i="a",j="x"} -3
g{i="b",j="x"} -Inf
g{i="c",j="z"} 2.9)-"},
      {R"-(g offset -1m)-", 330s, R"-(g{i="a",j="x"} 0.3
g{i="b",j="x"} 5
g{i="c",j="z"} 2.3999999999999995)-"},
      {R"-(g offset -1m)-", 600s, R"-(g{i="a",j="x"} 7
g{i="b",j="x"} 1e-09
g{i="c",j="z"} 1.899999999999999)-"},
      {R"-(min_over_time(vector(time())[5m:17s]))-", 330s, R"-({} 34)-"},
      {R"-(min_over_time(vector(time())[5m:17s]))-", 600s, R"-({} 306)-"},
      {R"-(max_over_time((time() + 0*const)[5m:17s] offset 33s))-", 330s, R"-({i="a"} 289)-"},
      {R"-(max_over_time((time() + 0*const)[5m:17s] offset 33s))-", 600s, R"-({i="a"} 561)-"},
      {R"-(sum_over_time(sum_over_time(c[2m:30s])[5m:2m]))-", 330s, R"-({i="a",j="x"} 180
{i="b",j="x"} 176
{i="d",j="y"} 15)-"},
      {R"-(sum_over_time(sum_over_time(c[2m:30s])[5m:2m]))-", 600s, R"-({i="a",j="x"} 1020
{i="b",j="x"} 789
{i="c",j="y"} 1300
{i="d",j="y"} 40)-"},
      {R"-(sum_over_time(c[3m:1m] @ end()))-", 330s, R"-({i="a",j="x"} 120
{i="b",j="x"} 99
{i="c",j="y"} 100)-"},
      {R"-(sum_over_time(c[3m:1m] @ end()))-", 600s, R"-({i="a",j="x"} 340
{i="b",j="x"} 258
{i="c",j="y"} 400
{i="d",j="y"} 11)-"},
      {R"-(sum_over_time((c @ 60)[5m:1m]))-", 330s, R"-({i="a",j="x"} 50
{i="b",j="x"} 60
{i="d",j="y"} 10)-"},
      {R"-(sum_over_time((c @ 60)[5m:1m]))-", 600s, R"-({i="a",j="x"} 60
{i="b",j="x"} 72
{i="d",j="y"} 12)-"},
      {R"-(avg_over_time(timestamp(c)[5m:25s]))-", 330s, R"-({i="a",j="x"} 160
{i="b",j="x"} 160
{i="c",j="y"} 300
{i="d",j="y"} 80)-"},
      {R"-(avg_over_time(timestamp(c)[5m:25s]))-", 600s, R"-({i="a",j="x"} 424.61538461538464
{i="b",j="x"} 424.61538461538464
{i="c",j="y"} 406.15384615384613
{i="d",j="y"} 420)-"},
      {R"-(rate(c[90s]))-", 330s, R"-({i="a",j="x"} 0.16666666666666666
{i="b",j="x"} 0.11666666666666667)-"},
      {R"-(rate(c[90s]))-", 600s, R"-({i="a",j="x"} 0.16666666666666666
{i="b",j="x"} 0.11666666666666667)-"},
  });
}

}  // namespace
}  // namespace forewarn::promql
