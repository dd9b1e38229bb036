#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

TEST(Printer, WritesOneFormForAll) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a{b='c',}", "a{b=\"c\"}"},
      {"{__name__=\"a\",b!~\"c|d\"}", "{__name__=\"a\",b!~\"c|d\"}"},
      {"SUM(a) BY (b,c,)", "sum by (b, c) (a)"},
      {"sum()without(b)", ""},
      {"sum(a) without ()", "sum without () (a)"},
      {"sum(a) by ()", "sum(a)"},
      {"a+b", "a + b"},
      {"a==bool on(b)group_left(c)d", "a == bool on (b) group_left (c) d"},
      {"a+ignoring()b", "a + b"},
      {"a+on()b", "a + on () b"},
      {"a*ignoring()group_right b", "a * ignoring () group_right () b"},
      {"rate(a[90s]offset 1h@start())", "rate(a[1m30s] @ start() offset 1h)"},
      {"a@1.5 offset-1m", "a @ 1.500 offset -1m"},
      {"a@-0.25", "a @ -0.250"},
      {"a[1h:]", "a[1h:]"},
      {"a[1h:5m]", "a[1h:5m]"},
      {"-1", "-1"},
      {"--a", "--a"},
      {"+a", "+a"},
      {"0x10 + 1e3 + Inf - NaN", "16 + 1000 + +Inf - NaN"},
      {"-Inf", "-Inf"},
      {"+Inf^Inf^a", "+Inf ^ Inf ^ a"},
      {"a^+Inf", "a ^ +Inf"},
      {"((a))", "((a))"},
      {"\"a\\n\\x01\\\"\"", "\"a\\n\\x01\\\"\""},
      {"topk(3,a)", "topk(3, a)"},
      {"label_replace(a,'b','$1','c','\\\\d')",
       "label_replace(a, \"b\", \"$1\", \"c\", \"\\\\d\")"},
      {"time()", "time()"},
      {"2^-1", "2 ^ -1"},
  };
  for (const auto& [text, printed] : cases) {
    const auto parsed = Parse(text);
    if (std::string_view(printed).empty()) {
      EXPECT_FALSE(parsed.ok()) << text;
      continue;
    }
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status().message();
    EXPECT_EQ(parsed->ToString(), printed);
    const auto again = Parse(parsed->ToString());
    ASSERT_TRUE(again.ok()) << printed << ": " << again.status().message();
    EXPECT_TRUE(SameTree(parsed->root(), again->root())) << printed;
  }
}

}  // namespace
}  // namespace forewarn::promql
