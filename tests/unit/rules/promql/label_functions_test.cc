#include "rules/promql/label_functions.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

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
  EXPECT_THAT(AnswerTo("label_replace(names, 'n', 'v', 'a', '(')", 1min),
              testing::HasSubstr("bad regular expression '('"));
  EXPECT_THAT(AnswerTo("label_replace(names, 'a', 'same', 'a', '.*', 1)", 1min),
              testing::HasSubstr("takes 5"));
  EXPECT_THAT(AnswerTo("label_join(names, 'n', '-', 'bad-a')", 1min),
              testing::HasSubstr("'bad-a' is not a label name"));
}

}  // namespace
}  // namespace forewarn::promql
