#include "rules/promql/label_functions.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Repeat(std::string_view part, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

// A label `a` of 10^levels bytes, which each level makes out of ten of the one below.
std::string Tenfold(int levels) {
  std::string text = R"(label_replace(vector(1), "a", "x", "", ""))";
  for (int i = 0; i < levels; ++i) {
    text = R"(label_join()" + text + R"(, "a", "")" + Repeat(R"(, "a")", 10) + ")";
  }
  return text;
}

TEST(LabelFunctions, AnswerAsPrometheusDoes) {
  CheckAnswers({
      {R"-(label_replace(names, "n", "$1", "a", "(.*)-.*"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x",n="foo-bar"} 1)-"},
      {R"-(label_replace(names, "n", "$1-$2", "a", "(f)(.*)"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x",n="f-oo-bar-1"} 1)-"},
      {R"-(label_replace(names, "n", "${1}x$$", "a", "(...).*"))-", 60s,
       R"-(names{a="baz",b="y",n="bazx$"} 2
names{a="foo-bar-1",b="x",n="foox$"} 1)-"},
      {R"-(label_replace(names, "n", "$x", "a", "(.*)"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_replace(names, "b", "", "a", "foo.*"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1"} 1)-"},
      {R"-(label_replace(names, "n", "v", "nosuch", ""))-", 60s, R"-(names{a="baz",b="y",n="v"} 2
names{a="foo-bar-1",b="x",n="v"} 1)-"},
      {R"-(label_replace(names, "n", "v", "a", "fo"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_replace(names, "__name__", "nn", "a", ".*"))-", 60s, R"-(nn{a="baz",b="y"} 2
nn{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_replace(names, "n","$name!","a","(?P<name>[a-z]+).*"))-", 60s,
       R"-(names{a="baz",b="y",n="baz!"} 2
names{a="foo-bar-1",b="x",n="foo!"} 1)-"},
      {R"-(label_replace(names, "n","$1x","a","(.*)"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_replace(names, "b","z","a",".*"))-", 60s, R"-(names{a="baz",b="z"} 2
names{a="foo-bar-1",b="z"} 1)-"},
      {R"-(label_replace(names, "n","$","a",".*"))-", 60s, R"-(names{a="baz",b="y",n="$"} 2
names{a="foo-bar-1",b="x",n="$"} 1)-"},
      {R"-(label_replace(names, "n","${1","a","(.*)"))-", 60s, R"-(names{a="baz",b="y",n="${1"} 2
names{a="foo-bar-1",b="x",n="${1"} 1)-"},
      {R"-(label_replace(names, "n", "$0", "a", ".*"))-", 60s, R"-(names{a="baz",b="y",n="baz"} 2
names{a="foo-bar-1",b="x",n="foo-bar-1"} 1)-"},
      {R"-(label_replace(names, "a","same","a",".*"))-", 60s, R"-(names{a="same",b="x"} 1
names{a="same",b="y"} 2)-"},
      {R"-(label_replace(names, "n","$01","a","(.*)"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_replace(names, "n","${11}","a","(.*)"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_join(names, "n", "-", "a", "b"))-", 60s, R"-(names{a="baz",b="y",n="baz-y"} 2
names{a="foo-bar-1",b="x",n="foo-bar-1-x"} 1)-"},
      {R"-(label_join(names, "n", "", "a"))-", 60s, R"-(names{a="baz",b="y",n="baz"} 2
names{a="foo-bar-1",b="x",n="foo-bar-1"} 1)-"},
      {R"-(label_join(names, "n", "-"))-", 60s, R"-(names{a="baz",b="y"} 2
names{a="foo-bar-1",b="x"} 1)-"},
      {R"-(label_join(names, "a", "-"))-", 60s, R"-(names{b="x"} 1
names{b="y"} 2)-"},
      {R"-(label_join(names, "n","-","nosuch","a"))-", 60s, R"-(names{a="baz",b="y",n="-baz"} 2
names{a="foo-bar-1",b="x",n="-foo-bar-1"} 1)-"},
  });
}

TEST(LabelFunctions, RefuseWhatIsNoLabelOrNoExpression) {
  EXPECT_THAT(AnswerTo("label_replace(names, 'bad-n', 'v', 'a', '.*')", 1min),
              testing::HasSubstr("'bad-n' is not a label name"));
  EXPECT_THAT(
      AnswerTo("label_replace(names, 'n', 'v', 'a', '(')", 1min),
      testing::HasSubstr("label_replace: the regular expression '^(?:()$' is bad: missing )"));
  EXPECT_THAT(AnswerTo("label_replace(names, 'a', 'same', 'a', '.*', 1)", 1min),
              testing::HasSubstr("takes 5"));
  EXPECT_THAT(AnswerTo("label_join(names, 'n', '-', 'bad-a')", 1min),
              testing::HasSubstr("'bad-a' is not a label name"));
}

TEST(LabelFunctions, MakeNoValueOfMoreThan64Kib) {
  EXPECT_THAT(AnswerTo("count(" + Tenfold(4) + ")", 1min), "{} 1");
  EXPECT_THAT(AnswerTo(Tenfold(6), 1min),
              StartsWith("error: label_join: the label 'a' would have more than 65536 bytes"));
  const std::string big =
      R"(label_replace(vector(1), "a", ")" + Repeat("x", 32'768) + R"(", "", ""))";
  EXPECT_EQ(AnswerTo("count(label_replace(" + big + R"(, "b", "$0$0", "a", ".*")))", 1min), "{} 1");
  EXPECT_THAT(AnswerTo("label_replace(" + big + R"(, "b", "$0$0$$", "a", ".*"))", 1min),
              StartsWith("error: label_replace: the label 'b' would have more than 65536 bytes"));
}

TEST(LabelFunctions, PayForWhatTheyMake) {
  static const NotedSource source(kSeries, 1min);
  EvalLimits limits;
  limits.max_operations = 1'000;
  EXPECT_EQ(EvaluateText("count(" + Tenfold(3) + ")", source, 1min, limits), "{} 1");
  EXPECT_THAT(EvaluateText("count(" + Tenfold(4) + ")", source, 1min, limits),
              HasSubstr("more than 1000 operations"));
  const std::string replaced =
      R"(label_replace(vector(1), "a", ")" + Repeat("x", 10'000) + R"(", "", ""))";
  EXPECT_THAT(EvaluateText(replaced, source, 1min, limits), HasSubstr("more than 1000 operations"));
  const std::string searched =
      "label_replace(" + Tenfold(3) + R"(, "b", "", "a", ")" + Repeat("(x?)", 90) + R"(y"))";
  EXPECT_THAT(EvaluateText(searched, source, 1min, limits), HasSubstr("more than 1000 operations"));
}

TEST(LabelFunctions, BoundTheExpressionOfLabelReplace) {
  const auto replaced = [](const std::string& expression) {
    return AnswerTo(R"(label_replace(names, "n", "v", "a", ")" + expression + R"("))", 1min);
  };
  EXPECT_THAT(replaced(Repeat("[a-z]{1000}", 60)), HasSubstr("steps, more than 50000"));
  EXPECT_THAT(replaced(Repeat("(a?)", 101)), HasSubstr("has 101 groups, more than 100"));
  EXPECT_THAT(replaced(Repeat("(a?)", 100)), StartsWith("names{"));
}

}  // namespace
}  // namespace forewarn::promql
