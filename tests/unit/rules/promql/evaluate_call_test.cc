#include <gmock/gmock.h>

#include <vector>

#include "rules/promql/evaluator.h"
#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(EvaluateCall, AnswersAsPrometheusDoes) {
  CheckAnswers({
      {R"-(absent(nosuch))-", 600s, R"-({} 1)-"},
      {R"-(absent(nosuch{a="b",c=~"d"}))-", 600s, R"-({a="b"} 1)-"},
      {R"-(absent(nosuch{a="b",a="c",d="e"}))-", 600s, R"-({d="e"} 1)-"},
      {R"-(absent(nosuch{a=~"b|c",a="b"}))-", 600s, R"-({a="b"} 1)-"},
      {R"-(absent(nosuch{a="b",a=~"b|c"}))-", 600s, R"-({} 1)-"},
      {R"-(absent((nosuch{a="b"})))-", 600s, R"-({a="b"} 1)-"},
      {R"-(absent(c))-", 600s, ""},
      {R"-(absent(sum(nosuch{a="b"})))-", 600s, R"-({} 1)-"},
      {R"-(absent_over_time(nosuch{x="1"}[5m]))-", 600s, R"-({x="1"} 1)-"},
      {R"-(scalar(c))-", 600s, R"-(NaN)-"},
      {R"-(scalar(const))-", 600s, R"-(5)-"},
      {R"-(scalar(const)+1)-", 600s, R"-(6)-"},
      {R"-(vector(time()))-", 600s, R"-({} 600)-"},
      {R"-(timestamp(c))-", 600s, R"-({i="a",j="x"} 600
{i="b",j="x"} 600
{i="c",j="y"} 480)-"},
      {R"-(timestamp(g @ 120))-", 600s, R"-({i="a",j="x"} 120
{i="b",j="x"} 120
{i="c",j="z"} 120)-"},
      {R"-(timestamp((g)))-", 600s, R"-({i="a",j="x"} 600
{i="b",j="x"} 600
{i="c",j="z"} 600)-"},
      {R"-(timestamp(g+0))-", 600s, R"-({i="a",j="x"} 600
{i="b",j="x"} 600
{i="c",j="z"} 600)-"},
      {R"-(hour())-", 600s, R"-({} 0)-"},
      {R"-(time())-", 600s, R"-(600)-"},
      {R"-(pi())-", 600s, R"-(3.141592653589793)-"},
  });
}

TEST(EvaluateCall, SortsByValueWithNanLast) {
  EXPECT_EQ(AnswerTo("sort(g)", 7min), R"-(g{i="b",j="x"} 1e-09
g{i="c",j="z"} 2.2999999999999994
g{i="a",j="x"} NaN)-");
}

}  // namespace
}  // namespace forewarn::promql
