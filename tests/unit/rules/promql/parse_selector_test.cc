#include "rules/promql/parse_selector.h"

#include <gmock/gmock.h>

#include "rules/promql/lexer.h"

namespace forewarn::promql {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TokenStream StreamOf(std::string_view text) { return TokenStream(text, *Tokenize(text)); }

std::string SelectorError(std::string_view text) {
  TokenStream words = StreamOf(text);
  MatcherCost cost;
  const auto selector = ParseSelector(words, cost);
  return selector.ok() ? "read" : selector.status().message();
}

TEST(ParseSelector, PutsTheMatcherOfTheNameFirst) {
  TokenStream words = StreamOf("up{job=~\"a|b\",} + 1");
  MatcherCost cost;
  const auto selector = ParseSelector(words, cost);
  ASSERT_TRUE(selector.ok()) << selector.status().message();
  EXPECT_EQ(selector->name, "up");
  ASSERT_EQ(selector->matchers.size(), 2u);
  EXPECT_EQ(selector->matchers[0].name(), kMetricName);
  EXPECT_EQ(selector->matchers[1].name(), "job");
  EXPECT_EQ(words.Peek().kind, TokenKind::kAdd);
}

TEST(ParseSelector, RefusesWithThePlace) {
  EXPECT_THAT(SelectorError("{}"), StartsWith("1:1: a selector needs at least one matcher"));
  EXPECT_THAT(SelectorError("up{__name__=\"x\"}"),
              StartsWith("1:4: the metric's name is given twice"));
  EXPECT_THAT(SelectorError("up{a}"), StartsWith("1:5: unexpected '}', expected one of"));
  EXPECT_THAT(SelectorError("up{a=~\"(\"}"), StartsWith("1:7: "));
}

TEST(ParseSelector, AddsToWhatTheExpressionCosts) {
  TokenStream words = StreamOf("up{a=~\"b\",c!~\"[a-z]{1000}[a-z]{1000}\",d!=\"e\"}");
  MatcherCost cost{5, 100};
  const auto selector = ParseSelector(words, cost);
  ASSERT_TRUE(selector.ok()) << selector.status().message();
  EXPECT_EQ(cost.matchers, 9u);
  EXPECT_EQ(cost.steps, 100 + 1'000 + selector->matchers[2].steps());
  EXPECT_GE(selector->matchers[2].steps(), 2'000u);
}

TEST(ParseSelector, LetsKeywordsBeLabelsAndSomeBeMetrics) {
  TokenStream words = StreamOf("(by, on, a,)");
  const auto labels = ParseLabelList(words);
  ASSERT_TRUE(labels.ok()) << labels.status().message();
  EXPECT_THAT(*labels, ElementsAre("by", "on", "a"));
  EXPECT_TRUE(MayNameMetric(TokenKind::kSum));
  EXPECT_FALSE(MayNameMetric(TokenKind::kBool));
}

TEST(ParseSelector, ReadsLengthsAndShifts) {
  TokenStream offset = StreamOf("offset -5m");
  EXPECT_EQ(*ParseOffset(offset), -Duration(5min));
  TokenStream at = StreamOf("@ 1.5");
  EXPECT_EQ(ParseAt(at)->fixed, FromMillis(1500));
  TokenStream end = StreamOf("@ end()");
  EXPECT_EQ(ParseAt(end)->kind, AtModifier::Kind::kEnd);
  TokenStream bare = StreamOf("5");
  EXPECT_THAT(ParseLength(bare, "a range").status().message(),
              StartsWith("1:1: a range needs a unit"));
  TokenStream long_ago = StreamOf("293y");
  EXPECT_THAT(ParseLength(long_ago, "a range").status().message(),
              StartsWith("1:1: a range must not be longer than 292y"));
}

}  // namespace
}  // namespace forewarn::promql
