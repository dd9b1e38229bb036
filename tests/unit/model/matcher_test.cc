#include "model/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.h"

namespace forewarn {
namespace {

using Kind = Matcher::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Matcher, EqualityComparesTheWholeValue) {
  EXPECT_TRUE(Matcher::Equal("a", "x").Matches("x"));
  EXPECT_FALSE(Matcher::Equal("a", "x").Matches("xy"));
  EXPECT_FALSE(Matcher::Make(Kind::kNotEqual, "a", "x")->Matches("x"));
  EXPECT_TRUE(Matcher::Make(Kind::kNotEqual, "a", "x")->Matches(""));
}

TEST(Matcher, RegularExpressionsAreAnchoredAtBothEnds) {
  Matcher matcher = *Matcher::Make(Kind::kRegex, "a", "web.*|db");
  EXPECT_TRUE(matcher.Matches("web1"));
  EXPECT_TRUE(matcher.Matches("db"));
  EXPECT_FALSE(matcher.Matches("db1"));
  EXPECT_FALSE(matcher.Matches("my-web1"));
  EXPECT_FALSE(matcher.Matches("web1\nx")) << "a dot is no line break, as in Prometheus 2.42";
  EXPECT_TRUE(Matcher::Make(Kind::kNotRegex, "a", "web.*")->Matches("db"));
  EXPECT_FALSE(Matcher::Make(Kind::kNotRegex, "a", "web.*")->Matches("web"));
}

TEST(Matcher, AMissingLabelCountsAsEmpty) {
  Labels labels{{"a", "1"}};
  EXPECT_TRUE(MatchesAll({Matcher::Equal("b", "")}, labels));
  EXPECT_TRUE(MatchesAll({*Matcher::Make(Kind::kRegex, "b", ".*")}, labels));
  EXPECT_FALSE(MatchesAll({*Matcher::Make(Kind::kRegex, "b", ".+")}, labels));
}

TEST(Matcher, AllMustHold) {
  Labels labels{{"a", "1"}, {"b", "2"}};
  EXPECT_TRUE(MatchesAll({}, labels));
  EXPECT_TRUE(MatchesAll({Matcher::Equal("a", "1"), Matcher::Equal("b", "2")}, labels));
  EXPECT_FALSE(MatchesAll({Matcher::Equal("a", "1"), Matcher::Equal("b", "3")}, labels));
}

TEST(Matcher, ABadExpressionIsRefusedWithTheReason) {
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", "x(").status().message(), HasSubstr("missing )"));
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", "(?=x)").status().message(),
              HasSubstr("invalid perl operator"));
}

TEST(Matcher, AnExpressionThatCostsTooMuchIsRefused) {
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", std::string((64 << 10) + 1, 'x')).status().message(),
              HasSubstr("longer than 65536 bytes"));
  EXPECT_FALSE(Matcher::Make(Kind::kRegex, "a", "((x{100}){100}){100}").ok());
  EXPECT_FALSE(Matcher::Make(Kind::kRegex, "a", "(\\pL{900})\\pL{900}").ok());
}

// What takes a backtracking engine for ever is linear here.
TEST(Matcher, HostileInputCostsLittle) {
  Matcher matcher = *Matcher::Make(Kind::kRegex, "a", "(x+x+)+y");
  EXPECT_FALSE(matcher.Matches(std::string(100'000, 'x')));
}

TEST(Matcher, TellsWhatItsExpressionCompilesTo) {
  EXPECT_EQ(Matcher::Equal("a", "x").steps(), 0u);
  EXPECT_EQ(Matcher::Make(Kind::kNotEqual, "a", "x")->steps(), 0u);
  const size_t small = Matcher::Make(Kind::kRegex, "a", "x{10}")->steps();
  EXPECT_GE(small, 10u);
  EXPECT_GE(Matcher::Make(Kind::kNotRegex, "a", "x{100}")->steps(), small + 90);
}

TEST(Matcher, AListOfTextsTakesFewSteps) {
  EXPECT_EQ(Matcher::Make(Kind::kRegex, "a", "x|y")->steps(), 0u);
  std::string hosts = "host-0.example.net";
  for (int i = 1; i < 80; ++i) hosts += "|host-" + std::to_string(i) + ".example.net";
  EXPECT_EQ(Matcher::Make(Kind::kRegex, "a", hosts)->steps(), 11u);
}

TEST(Matcher, TellsWhatValuesItNames) {
  EXPECT_THAT(*Matcher::Make(Kind::kRegex, "a", "y|x")->Values(), ElementsAre("x", "y"));
  EXPECT_THAT(*Matcher::Make(Kind::kNotRegex, "a", "y|x")->Values(), ElementsAre("x", "y"));
  EXPECT_FALSE(Matcher::Make(Kind::kRegex, "a", "y|x.")->Values());
  EXPECT_FALSE(Matcher::Make(Kind::kRegex, "a", "y+")->Values());
  EXPECT_FALSE(Matcher::Equal("a", "y").Values());
}

TEST(Matcher, TellsWhatValuesBeginWith) {
  EXPECT_THAT(Matcher::Equal("a", "web").Prefixes(), ElementsAre("web"));
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", "web|db.x")->Prefixes(), ElementsAre("db", "web"));
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", "web-.*")->Prefixes(), ElementsAre("web-"));
  EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", "web-[0-9]+|web-x")->Prefixes(),
              ElementsAre("web-"));
  for (const char* expression : {".*", ".+b", "a*", "(?i)web", "web-.*|db", "x?", "(web|).*"}) {
    EXPECT_THAT(Matcher::Make(Kind::kRegex, "a", expression)->Prefixes(), ElementsAre(""))
        << expression;
  }
  EXPECT_THAT(Matcher::Make(Kind::kNotEqual, "a", "web")->Prefixes(), ElementsAre(""));
  EXPECT_THAT(Matcher::Make(Kind::kNotRegex, "a", "web")->Prefixes(), ElementsAre(""));
}

TEST(Matcher, WhatMatchesBeginsWithItsPrefixes) {
  Rng rng(11);
  const auto text_of = [&](const std::vector<std::string>& parts, uint64_t longest) {
    std::string text;
    for (uint64_t left = rng.Below(longest + 1); left > 0; --left)
      text += parts[rng.Below(parts.size())];
    return text;
  };
  int known = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto matcher = Matcher::Make(
        Kind::kRegex, "a",
        text_of({"a", "b", "é", ".", "|", "(", ")", "*", "+?", "?", "[ab]", "^", "$", "(?i)"}, 8));
    if (!matcher.ok()) continue;
    const std::vector<std::string> prefixes = matcher->Prefixes();
    for (int j = 0; j < 20; ++j) {
      const std::string value = text_of({"a", "b", "é", "A", "\n"}, 4);
      if (!matcher->Matches(value)) continue;
      ASSERT_TRUE(std::ranges::any_of(
          prefixes, [&](const std::string& one) { return value.starts_with(one); }))
          << matcher->ToString() << " of " << value;
      known += std::ranges::find(prefixes, "") == prefixes.end() ? 1 : 0;
    }
  }
  EXPECT_GT(known, 500);
}

TEST(Matcher, CopiesShareTheirExpression) {
  Matcher matcher = *Matcher::Make(Kind::kRegex, "a", "x+");
  Matcher copy = matcher;
  EXPECT_TRUE(copy.Matches("xx"));
  EXPECT_EQ(copy.ToString(), "a=~\"x+\"");
}

struct Parsed {
  const char* text;
  const char* name;
  Kind kind;
  std::string value;
};

TEST(ParseMatcher, ReadsPromqlsNotation) {
  const Parsed cases[] = {
      {R"(a="x")", "a", Kind::kEqual, "x"},
      {R"(  alertname  !=  "Disk Full"  )", "alertname", Kind::kNotEqual, "Disk Full"},
      {R"(instance=~"web.*")", "instance", Kind::kRegex, "web.*"},
      {R"(instance!~'web\\d')", "instance", Kind::kNotRegex, "web\\d"},
      {R"(__name__="")", "__name__", Kind::kEqual, ""},
      {"a=`\\d \"raw\"`", "a", Kind::kEqual, "\\d \"raw\""},
      {R"(a="\"\\\n\t\x41\101\u00e9\U0001F600")", "a", Kind::kEqual, "\"\\\n\tAA\u00e9\U0001F600"},
      {R"(a='it\'s "so"')", "a", Kind::kEqual, "it's \"so\""},
      {R"(a="磁盘")", "a", Kind::kEqual, "磁盘"},
  };
  for (const Parsed& c : cases) {
    StatusOr<Matcher> matcher = ParseMatcher(c.text);
    ASSERT_TRUE(matcher.ok()) << c.text << " " << matcher.status().ToString();
    EXPECT_EQ(matcher->name(), c.name);
    EXPECT_EQ(matcher->kind(), c.kind) << c.text;
    EXPECT_EQ(matcher->value(), c.value);
  }
}

TEST(ParseMatcher, RefusesAnythingElseWithTheColumn) {
  struct Case {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "column 1: expected a label name"},
      {"=\"x\"", "column 1: expected a label name"},
      {"9a=\"x\"", "column 1: expected a label name"},
      {"a", "column 2: expected =, !=, =~ or !~"},
      {"a-b=\"x\"", "column 2: expected =, !=, =~ or !~"},
      {"a=x", "column 3: expected a quoted value"},
      {"a==\"x\"", "column 3: expected a quoted value"},
      {"a=\"x", "column 3: the value's quote is never closed"},
      {"a=\"x\\\"", "column 3: the value's quote is never closed"},
      {"a=\"x\" b", "column 7: expected nothing more after the value"},
      {R"(a="x\q")", "column 5: an unknown escape; a backslash itself is written \\\\"},
      {R"(a="\ud800")", "column 4: an unknown escape; a backslash itself is written \\\\"},
      {R"(a="\x4")", "column 4: an unknown escape; a backslash itself is written \\\\"},
      {R"(a="\777")", "column 4: an unknown escape; a backslash itself is written \\\\"},
      {R"(a="\')", "column 4: an unknown escape; a backslash itself is written \\\\"},
      {"a=\"x\ny\"", "column 5: a line break inside the value; write \\n"},
      {R"(a=~"x(")", "column 4: the regular expression 'x(' is bad: missing ): x("},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ParseMatcher(c.text).status(), InvalidArgument(c.message)) << c.text;
  }
}

TEST(ParseMatcher, ReadsWhatToStringWrites) {
  for (std::string value : {"", "x", "\"", "\\", "\n", "a\\nb", "\t", "'`", "é", "\x01"}) {
    Matcher matcher = Matcher::Equal("a", value);
    StatusOr<Matcher> back = ParseMatcher(matcher.ToString());
    ASSERT_TRUE(back.ok()) << matcher.ToString();
    EXPECT_EQ(back->value(), value);
  }
}

TEST(MetricOf, IsTheNameThatIsGiven) {
  const Matcher other = Matcher::Equal("job", "node");
  EXPECT_EQ(MetricOf({other, Matcher::Equal("__name__", "up")}), "up");
  EXPECT_EQ(MetricOf({other}), "");
  EXPECT_EQ(MetricOf({*Matcher::Make(Matcher::Kind::kRegex, "__name__", "up")}), "");
  EXPECT_EQ(MetricOf({*Matcher::Make(Matcher::Kind::kNotEqual, "__name__", "up")}), "");
}

}  // namespace
}  // namespace forewarn
