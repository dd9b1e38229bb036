#include "store/regex_states.h"

#include <gtest/gtest.h>

#include <string>

#include "model/matcher.h"

namespace forewarn {
namespace {

TEST(RegexStates, AreFewForWhatPeopleWrite) {
  for (const char* pattern :
       {"web-.*", ".*web.*", "(web|api)-[0-9]+", "10\\.0\\.[0-9]{1,3}\\.[0-9]{1,3}:9100", ".+", "",
        "some-[a-z-]+-[0-9]+-[0-9a-f]{8,10}-[a-z0-9]{5}", "(?i).*error.*", "^api_.*$",
        ".*-(prod|test)-.*", "[^:]+:[0-9]+", "\\w+\\.example\\.com", ".*服务.*", "(?is)(?:a|b)*?c",
        "[]x-]+[\\d\\-]", "(a|)(b*)*", ".*(a|b|c).*(d|e)"}) {
    ASSERT_TRUE(Matcher::Make(Matcher::Kind::kRegex, "x", pattern).ok()) << pattern;
    const std::optional<RegexStates> states = CountRegexStates(pattern);
    ASSERT_TRUE(states.has_value()) << pattern;
    EXPECT_LT(states->count, 200u) << pattern;
  }
}

TEST(RegexStates, AreThoseOfTheSubsetsOfInstructions) {
  // Before, behind a, ab and abc, and where nothing can match any more.
  EXPECT_EQ(CountRegexStates("abc")->count, 5u);
  // Which of the last four letters were an a.
  EXPECT_EQ(CountRegexStates("(?s).*a.{3}")->count, 7 * 16u) << "each inside of characters too";
  EXPECT_EQ(CountRegexStates("(a|b)*a(a|b){3}")->count, 17u) << "and where nothing matches";
  EXPECT_EQ(CountRegexStates("(?i)a")->count, CountRegexStates("a")->count);
}

TEST(RegexStates, AreTooManyWhereEachTextMayLeadToAnother) {
  for (const char* pattern :
       {"(a|b)*a(a|b){12}", ".*a.{20}", ".*[!-M].{50}", "(.?){500}x", "a{1000}b{1000}",
        "((a{0,100}){0,100})", ".*a..............", "([0-9]+,?[0-9]*)*[1-5](,|[0-9]){12}"}) {
    EXPECT_FALSE(CountRegexStates(pattern).has_value()) << pattern;
  }
}

TEST(RegexStates, AreNotCountedOfWhatIsNotKnown) {
  for (const char* pattern : {"a\\b", "\\pL+", "[[:alpha:]]", "(?P<x>a)", "a(?i)b",  "[é]", "\\x41",
                              "a^b",  "a$b",   "a{,2}",       "\\Qa",     "[\\x41]", "(a",  "a)",
                              "[a",   "\\",    "a{",          "a{2",      "a{1001}", "*",   "(?"}) {
    EXPECT_FALSE(CountRegexStates(pattern).has_value()) << pattern;
  }
  EXPECT_FALSE(CountRegexStates(std::string(100, '(') + std::string(100, ')')).has_value());
}

}  // namespace
}  // namespace forewarn
