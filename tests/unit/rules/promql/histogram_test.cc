#include "rules/promql/histogram.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(Histogram, AnswersAsPrometheusDoes) {
  CheckAnswers({
      {R"-(histogram_quantile(0.5, h_bucket))-", 600s, R"-({i="a"} 0.7
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.5, rate(h_bucket[5m])))-", 600s, R"-({i="a"} 0.7000000000000001
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.5, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.5, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.9, h_bucket))-", 600s, R"-({i="a"} 1
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.9, rate(h_bucket[5m])))-", 600s, R"-({i="a"} 1
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.9, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.9, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0, h_bucket))-", 600s, R"-({i="a"} 0
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0, rate(h_bucket[5m])))-", 600s, R"-({i="a"} 0
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(1, h_bucket))-", 600s, R"-({i="a"} 1
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(1, rate(h_bucket[5m])))-", 600s, R"-({i="a"} 1
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(1, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} 10
{i="n"} NaN)-"},
      {R"-(histogram_quantile(1, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(-1, h_bucket))-", 600s, R"-({i="a"} -Inf
{i="b"} -Inf
{i="n"} -Inf)-"},
      {R"-(histogram_quantile(-1, rate(h_bucket[5m])))-", 600s, R"-({i="a"} -Inf
{i="b"} -Inf
{i="n"} -Inf)-"},
      {R"-(histogram_quantile(-1, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} -Inf
{i="b"} -Inf
{i="n"} -Inf)-"},
      {R"-(histogram_quantile(-1, h_bucket * 0))-", 600s, R"-({i="a"} -Inf
{i="b"} -Inf
{i="n"} -Inf)-"},
      {R"-(histogram_quantile(2, h_bucket))-", 600s, R"-({i="a"} +Inf
{i="b"} +Inf
{i="n"} +Inf)-"},
      {R"-(histogram_quantile(2, rate(h_bucket[5m])))-", 600s, R"-({i="a"} +Inf
{i="b"} +Inf
{i="n"} +Inf)-"},
      {R"-(histogram_quantile(2, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} +Inf
{i="b"} +Inf
{i="n"} +Inf)-"},
      {R"-(histogram_quantile(2, h_bucket * 0))-", 600s, R"-({i="a"} +Inf
{i="b"} +Inf
{i="n"} +Inf)-"},
      {R"-(histogram_quantile(NaN, h_bucket))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(NaN, rate(h_bucket[5m])))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(NaN, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(NaN, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.05, h_bucket))-", 600s, R"-({i="a"} 0.05
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.05, rate(h_bucket[5m])))-", 600s, R"-({i="a"} 0.05000000000000002
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.05, h_bucket{le!="+Inf"}))-", 600s, R"-({i="a"} NaN
{i="b"} -1
{i="n"} NaN)-"},
      {R"-(histogram_quantile(0.05, h_bucket * 0))-", 600s, R"-({i="a"} NaN
{i="b"} NaN
{i="n"} NaN)-"},
  });
}

}  // namespace
}  // namespace forewarn::promql
