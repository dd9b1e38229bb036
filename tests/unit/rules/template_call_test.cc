#include "rules/template_call.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace forewarn::templates {
namespace {

const Labels kLabels = {{"job", "b"}, {"__value__", "v"}};

SampleRef Sample(const Labels& labels, double value) {
  return std::make_shared<const promql::VectorSample>(
      promql::VectorSample{labels, kTimeZero, value});
}

Value Text(std::string text) { return Value(std::move(text)); }
Value Some() {
  return std::make_shared<const std::vector<SampleRef>>(
      std::vector<SampleRef>{Sample(kLabels, 5), Sample({{"job", "a"}}, 6)});
}

std::string Called(Function function, std::vector<Value> arguments) {
  Term call;
  call.kind = Term::Kind::kCall;
  call.function = function;
  const auto value = Call(call, std::move(arguments), {kLabels, 0.5});
  return value.ok() ? Print(*value) : "failed: " + value.status().message();
}

TEST(TemplateCall, ReadsSamples) {
  EXPECT_EQ(Called(Function::kFirst, {Some()}), "{map[__value__:v job:b] 5}");
  EXPECT_EQ(Called(Function::kFirst, {std::make_shared<const std::vector<SampleRef>>()}),
            "failed: first() called on vector with no elements");
  EXPECT_EQ(Called(Function::kValue, {Sample(kLabels, 5)}), "5");
  EXPECT_EQ(Called(Function::kLabel, {Text("job"), Sample(kLabels, 5)}), "b");
  EXPECT_EQ(Called(Function::kStrvalue, {Sample(kLabels, 5)}), "v");
  EXPECT_EQ(Called(Function::kSortByLabel, {Text("job"), Some()}),
            "[{map[job:a] 6} {map[__value__:v job:b] 5}]");
}

TEST(TemplateCall, IndexesSlicesAndCounts) {
  EXPECT_EQ(Called(Function::kIndex, {Some(), int64_t{1}}), "{map[job:a] 6}");
  EXPECT_EQ(Called(Function::kIndex, {Some(), int64_t{2}}), "failed: index 2 is out of range of 2");
  EXPECT_EQ(Called(Function::kIndex, {&kLabels, Text("job"), int64_t{0}}), "98");
  EXPECT_EQ(Called(Function::kIndex, {&kLabels, int64_t{0}}),
            "failed: 'index' needs a text here, not an integer");
  EXPECT_EQ(Called(Function::kSlice, {Text("abc"), int64_t{1}}), "bc");
  EXPECT_EQ(Called(Function::kSlice, {Some(), int64_t{1}, int64_t{2}}), "[{map[job:a] 6}]");
  EXPECT_EQ(Called(Function::kSlice, {Text("abc"), int64_t{2}, int64_t{4}}),
            "failed: index 4 is out of range of 3");
  EXPECT_EQ(Called(Function::kSlice, {Text("abc"), int64_t{2}, int64_t{1}}),
            "failed: index 2 is out of range of 1");
  EXPECT_EQ(Called(Function::kLen, {Some()}), "2");
  EXPECT_EQ(Called(Function::kLen, {Text("\u00e9")}), "2") << "bytes, as in Go";
  EXPECT_EQ(Called(Function::kLen, {&kLabels}), "2");
}

TEST(TemplateCall, ComparesWhatIsOfOneType) {
  EXPECT_EQ(Called(Function::kEq, {1.5, 2.5, 1.5}), "true");
  EXPECT_EQ(Called(Function::kLt, {Text("a"), Text("b")}), "true");
  EXPECT_EQ(Called(Function::kGt, {1.5, int64_t{1}}),
            "failed: 'gt' cannot compare a number with an integer; write 5.0 instead of 5");
  EXPECT_EQ(Called(Function::kEq, {&kLabels, &kLabels}), "failed: the labels cannot be compared");
}

TEST(TemplateCall, ReadsNumbersAndTimes) {
  EXPECT_EQ(Called(Function::kHumanize, {Text("1200")}), "1.2k");
  EXPECT_EQ(Called(Function::kHumanizePercentage, {int64_t{1}}), "100%");
  EXPECT_EQ(Called(Function::kHumanize, {&kLabels}),
            "failed: 'humanize' needs a number here, not the labels");
  EXPECT_EQ(Called(Function::kParseDuration, {Text("1h30m")}), "5400");
  EXPECT_EQ(Called(Function::kToTime, {1.5}), "1970-01-01 00:00:01.5 +0000 UTC");
  EXPECT_EQ(Called(Function::kToTime, {1e300}), "failed: 1e+300 is no time");
}

TEST(TemplateCall, WritesTexts) {
  EXPECT_EQ(Called(Function::kPrint, {1.5, true, Text("a"), int64_t{2}}), "1.5 truea2");
  EXPECT_EQ(Called(Function::kPrintln, {Text("a"), Text("b")}), "a b\n");
  EXPECT_EQ(Called(Function::kTableLink, {Text("up == 0")}), "/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
  EXPECT_EQ(Called(Function::kGraphLink, {Text("up")}), "/graph?g0.expr=up&g0.tab=0");
  EXPECT_EQ(Called(Function::kSafeHtml, {Text("<b>")}), "<b>");
  EXPECT_EQ(Called(Function::kMatch, {Text("b.*"), Text("abc")}), "true");
  EXPECT_EQ(Called(Function::kReReplaceAll, {Text("(.)b"), Text("$1"), Text("abxb")}), "ax");
  EXPECT_EQ(Called(Function::kArgs, {Text("x"), 1.5}), "map[arg0:x arg1:1.5]");
  EXPECT_EQ(Called(Function::kExternalUrl, {}), "");
  EXPECT_EQ(Called(Function::kUrlquery, {Text("a b")}), "a+b");
}

TEST(TemplateCall, LooksAtTypesThatWereNotKnown) {
  EXPECT_EQ(Called(Function::kFirst, {Text("x")}),
            "failed: 'first' needs query results here, not a text");
  EXPECT_EQ(Called(Function::kTitle, {1.5}), "failed: 'title' needs a text here, not a number");
  EXPECT_EQ(Called(Function::kQuery, {Text("up")}), "failed: queries cannot be asked here");
  Term call;
  call.function = Function::kPrintf;
  call.format = *ParseFormat("%d of %s");
  EXPECT_EQ(Print(*Call(call, {Text("a"), int64_t{5}}, {kLabels, 0.5})),
            "%!d(string=a) of %!s(int=5)");
}

TEST(TemplateCall, NestsArgumentsOnlySoDeep) {
  Value value = 1.5;
  Term call;
  call.function = Function::kArgs;
  for (int i = 0; i < kMaxArgumentsDepth; ++i) value = *Call(call, {value}, {kLabels, 0.5});
  EXPECT_EQ(Call(call, {value}, {kLabels, 0.5}).status().message(),
            "arguments are nested too deeply");
}

}  // namespace
}  // namespace forewarn::templates
