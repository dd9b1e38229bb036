#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/rules/promql/noted_source.h"

namespace forewarn::promql {

// Series with gaps, resets, stale markers, NaN and infinities, a value a minute. The answers that
// tests expect over them were checked against promtool 2.42.
inline constexpr std::string_view kSeries = R"(
c{i="a",j="x"} 0+10x30
c{i="b",j="x"} 5+7x10 3+11x20
c{i="c",j="y"} _x5 100+0x3 _ _ 50+3x15
c{i="d",j="y"} 1 2 3 stale _ _ 4 5 6 stale _ 7x10
g{i="a",j="x"} 10 -3 7.5 2e3 0.1 0.2 0.3 NaN 4 5 6 7x20
g{i="b",j="x"} 1 -Inf 2 3 +Inf 4 5 1e-9x25
g{i="c",j="z"} 3-0.1x40
const{i="a"} 5x40
allinf{i="a"} +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf
tinf{i="a"} 1 2 3 +Inf 4 5 6 7 8 9 10x30
kahan{i="a"} 1e100 1 -1e100 1 1e100 -1e100 2 3 4x40
info{i="a",os="linux",v="1"} 1x40
info{i="b",os="bsd",v="2"} 1x40
info{i="c",os="linux",v="3"} 1x40
h_bucket{i="a",le="0.1"} 0+1x40
h_bucket{i="a",le="0.5"} 0+3x40
h_bucket{i="a",le="1"} 0+8x40
h_bucket{i="a",le="+Inf"} 0+10x40
h_bucket{i="b",le="-1"} 0+2x40
h_bucket{i="b",le="0"} 0+2x40
h_bucket{i="b",le="1e1"} 0+1x40
h_bucket{i="b",le="Inf"} 0+5x40
h_bucket{i="n",le="1"} 0+5x40
h_bucket{i="x",le="foo"} 0+5x40
somenan{i="a"} NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN
somenan{i="b"} 1x40
names{a="foo-bar-1",b="x"} 1x40
names{a="baz",b="y"} 2x40
same1{k="v"} 1x40
same2{k="v"} 2x40
)";

inline std::string AnswerTo(std::string_view expression, Duration at) {
  static const NotedSource source(kSeries, 1min);
  return EvaluateText(expression, source, at);
}

struct Answer {
  std::string_view expression;
  Duration at;
  std::string_view expected;
};

inline void CheckAnswers(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    EXPECT_EQ(AnswerTo(answer.expression, answer.at), answer.expected)
        << answer.expression << " at " << answer.at.count() / 1000 << "s";
  }
}

}  // namespace forewarn::promql
