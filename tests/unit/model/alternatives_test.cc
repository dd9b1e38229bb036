#include "model/alternatives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "base/utf8.h"

namespace forewarn {
namespace {

using testing::ElementsAre;

std::vector<std::string> ValuesOf(std::string_view expression) {
  const auto parsed = Alternatives::Parse(expression);
  if (!parsed || !parsed->Values()) return {"none"};
  return {parsed->Values()->begin(), parsed->Values()->end()};
}

TEST(Alternatives, NameTheirValues) {
  EXPECT_THAT(ValuesOf("b|a"), ElementsAre("a", "b"));
  EXPECT_THAT(ValuesOf("(a|b)"), ElementsAre("a", "b"));
  EXPECT_THAT(ValuesOf("(?:a|a)"), ElementsAre("a"));
  EXPECT_THAT(ValuesOf("a\\.b\\||\\(c\\)"), ElementsAre("(c)", "a.b|"));
  EXPECT_THAT(ValuesOf(""), ElementsAre(""));
  EXPECT_THAT(ValuesOf("()|"), ElementsAre("none"));
  EXPECT_THAT(ValuesOf("|a"), ElementsAre("", "a"));
  EXPECT_THAT(ValuesOf("a.b"), ElementsAre("none"));
}

TEST(Alternatives, AreNoMoreThanAListOfTexts) {
  for (const char* expression :
       {"a*",  "a+|b",    "[ab]",     "a(b|c)", "(a)|(b)", "^a",   "a$",
        "\\d", "a{2}",    "(?i)a",    "(?i:a)", "\\",      "a\\",  "(a",
        "a)",  "\\Qa\\E", "(?P<n>a)", "]",      "a}",      "\xff", "(?:a)b|(c)"}) {
    EXPECT_FALSE(Alternatives::Parse(expression)) << expression;
  }
}

TEST(Alternatives, ADotIsAnyCharacterButALineBreak) {
  const auto texts = Alternatives::Parse("db-1.example.net|db-2.example.net|é.|\\..");
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->size(), 4u);
  EXPECT_TRUE(texts->Matches("db-2.example.net"));
  EXPECT_TRUE(texts->Matches("db-2-example-net"));
  EXPECT_TRUE(texts->Matches("db-2éexample€net"));
  EXPECT_TRUE(texts->Matches("éé"));
  EXPECT_TRUE(texts->Matches(".x"));
  EXPECT_FALSE(texts->Matches("xx"));
  EXPECT_FALSE(texts->Matches(".\n"));
  EXPECT_FALSE(texts->Matches("é\n"));
  EXPECT_FALSE(texts->Matches("db-3.example.net"));
  EXPECT_FALSE(texts->Matches("db-2.example.ne"));
  EXPECT_FALSE(texts->Matches("db-2.example.nett"));
  EXPECT_FALSE(texts->Matches("é"));
  EXPECT_FALSE(texts->Matches(""));
}

TEST(Alternatives, TellWhatValuesBeginWith) {
  EXPECT_THAT(Alternatives::Parse("db-1.example.net|web|db-1.b|\\.c")->Prefixes(),
              ElementsAre(".c", "db-1", "web"));
  EXPECT_THAT(Alternatives::Parse(".a")->Prefixes(), ElementsAre(""));
}

TEST(Alternatives, SayWhatRe2Says) {
  Rng rng(7);
  const auto text_of = [&](const std::vector<std::string>& parts, uint64_t longest) {
    std::string text;
    for (uint64_t left = rng.Below(longest + 1); left > 0; --left)
      text += parts[rng.Below(parts.size())];
    return text;
  };
  int matches = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string expression =
        text_of({"a", "b", ".", "|", "\\.", "é", "\\|", "\\-", "(", ")"}, 7);
    const auto texts = Alternatives::Parse(expression);
    const RE2 regex(expression, RE2::Quiet);
    if (!regex.ok()) {
      EXPECT_FALSE(texts) << expression;
      continue;
    }
    if (!texts) continue;
    for (int j = 0; j < 10; ++j) {
      const std::string value = text_of({"a", "b", ".", "|", "é", "\n", "-"}, 3);
      const bool is_match = RE2::FullMatch(value, regex);
      ASSERT_EQ(texts->Matches(value), is_match) << expression << " of " << value;
      if (const auto named = texts->Values()) {
        EXPECT_EQ(std::ranges::find(*named, value) != named->end(), is_match)
            << expression << " of " << value;
      }
      const auto prefixes = texts->Prefixes();
      const bool may = std::ranges::any_of(
          prefixes, [&](const std::string& one) { return value.starts_with(one); });
      EXPECT_TRUE(may || !is_match) << expression << " of " << value;
      matches += is_match ? 1 : 0;
    }
  }
  EXPECT_GT(matches, 5'000);
}

}  // namespace
}  // namespace forewarn
