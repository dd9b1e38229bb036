#include "rules/promql/parse_selector.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/units.h"

namespace forewarn::promql {
namespace {

// What 64-bit nanoseconds hold, as in Prometheus.
constexpr Duration kLongestDuration{9'223'372'036'854};

// Rules hold what they compile for as long as they are in force, and every series in question is
// held against every matcher.
struct CostLimit {
  std::string_view of;
  MatcherCost most;
};
constexpr CostLimit kOfSelector{"a selector", {100, 50'000}};
constexpr CostLimit kOfExpression{"an expression", {1'000, 200'000}};
constexpr size_t kLeastSteps = 1'000;

// Adds up what the matchers of a selector cost, of which it and the expression are told.
class CostCount {
 public:
  CostCount(const TokenStream& words, MatcherCost& total) : words_(words), total_(total) {}

  Status AddMatcher(size_t at) {
    FW_RETURN_IF_ERROR(Add({1, 0}, at, own_, kOfSelector));
    return Add({1, 0}, at, total_, kOfExpression);
  }
  Status AddSteps(size_t steps, size_t at) {
    FW_RETURN_IF_ERROR(Add({0, steps}, at, own_, kOfSelector));
    return Add({0, steps}, at, total_, kOfExpression);
  }

 private:
  Status Add(const MatcherCost& more, size_t at, MatcherCost& sum, const CostLimit& limit) const {
    sum.matchers += more.matchers;
    sum.steps += more.steps;
    if (sum.matchers > limit.most.matchers) {
      return words_.Error(at,
                          fmt::format("{} has at most {} matchers, since each series is held "
                                      "against every one; a regular expression can name several "
                                      "values",
                                      limit.of, limit.most.matchers));
    }
    if (sum.steps > limit.most.steps) {
      return words_.Error(
          at,
          fmt::format("the regular expressions of {} may have {} steps together (each counts {} "
                      "at least), since they are compiled and held; write fewer or simpler ones",
                      limit.of, limit.most.steps, kLeastSteps));
    }
    return OkStatus();
  }

  const TokenStream& words_;
  MatcherCost& total_;
  MatcherCost own_;
};

bool IsKeyword(TokenKind kind) {
  return kind == TokenKind::kAtan2 || kind == TokenKind::kAnd || kind == TokenKind::kOr ||
         kind == TokenKind::kUnless || kind >= TokenKind::kSum;
}

StatusOr<std::string> ParseLabel(TokenStream& words) {
  const Token& token = words.Peek();
  const bool word = token.kind == TokenKind::kIdentifier || IsKeyword(token.kind);
  if (!word || !IsLabelName(token.text)) return words.Unexpected("a label name");
  return words.Take().text;
}

StatusOr<Matcher> ParseMatcher(TokenStream& words, CostCount& cost) {
  FW_RETURN_IF_ERROR(cost.AddMatcher(words.Peek().begin));
  FW_ASSIGN_OR_RETURN(std::string label, ParseLabel(words));
  Matcher::Kind kind{};
  switch (words.Peek().kind) {
    case TokenKind::kAssign: kind = Matcher::Kind::kEqual; break;
    case TokenKind::kNotEqual: kind = Matcher::Kind::kNotEqual; break;
    case TokenKind::kRegexMatch: kind = Matcher::Kind::kRegex; break;
    case TokenKind::kRegexNotMatch: kind = Matcher::Kind::kNotRegex; break;
    default: return words.Unexpected("one of = != =~ !~");
  }
  words.Take();
  if (words.Peek().kind != TokenKind::kString) return words.Unexpected("a quoted value");
  const Token& value = words.Take();
  const bool is_regex = kind == Matcher::Kind::kRegex || kind == Matcher::Kind::kNotRegex;
  if (is_regex) FW_RETURN_IF_ERROR(cost.AddSteps(kLeastSteps, value.begin));
  StatusOr<Matcher> matcher = Matcher::Make(kind, std::move(label), value.text);
  if (!matcher.ok()) return words.Error(value.begin, matcher.status().message());
  if (matcher->steps() > kLeastSteps) {
    FW_RETURN_IF_ERROR(cost.AddSteps(matcher->steps() - kLeastSteps, value.begin));
  }
  return matcher;
}

}  // namespace

bool MayNameMetric(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier: return true;
    case TokenKind::kAtan2:
    case TokenKind::kBool:
    case TokenKind::kOn:
    case TokenKind::kIgnoring:
    case TokenKind::kGroupLeft:
    case TokenKind::kGroupRight: return false;
    default: return IsKeyword(kind);
  }
}

StatusOr<Selector> ParseSelector(TokenStream& words, MatcherCost& total) {
  CostCount cost(words, total);
  Selector selector;
  const size_t begin = words.Peek().begin;
  if (words.Peek().kind != TokenKind::kLeftBrace) {
    FW_RETURN_IF_ERROR(cost.AddMatcher(begin));
    selector.name = words.Take().text;
    selector.matchers.push_back(Matcher::Equal(std::string(kMetricName), selector.name));
  }
  if (words.TakeIf(TokenKind::kLeftBrace)) {
    while (!words.TakeIf(TokenKind::kRightBrace)) {
      const size_t label_begin = words.Peek().begin;
      FW_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher(words, cost));
      if (!selector.name.empty() && matcher.name() == kMetricName) {
        return words.Error(
            label_begin,
            fmt::format("the metric's name is given twice, first as '{}'", selector.name));
      }
      selector.matchers.push_back(std::move(matcher));
      if (words.Peek().kind != TokenKind::kRightBrace) {
        FW_RETURN_IF_ERROR(words.Expect(TokenKind::kComma, "or '}' after a matcher"));
      }
    }
  }
  if (std::ranges::all_of(selector.matchers, [](const Matcher& m) { return m.Matches(""); })) {
    return words.Error(begin,
                       "a selector needs at least one matcher that does not match the empty value");
  }
  return selector;
}

StatusOr<std::vector<std::string>> ParseLabelList(TokenStream& words) {
  std::vector<std::string> labels;
  FW_RETURN_IF_ERROR(words.Expect(TokenKind::kLeftParen, "before a list of labels"));
  while (!words.TakeIf(TokenKind::kRightParen)) {
    // The one keyword that Prometheus takes for no label.
    if (words.Peek().kind == TokenKind::kWithout) return words.Unexpected("a label");
    FW_ASSIGN_OR_RETURN(std::string label, ParseLabel(words));
    labels.push_back(std::move(label));
    if (words.Peek().kind != TokenKind::kRightParen) {
      FW_RETURN_IF_ERROR(words.Expect(TokenKind::kComma, "between labels"));
    }
  }
  return labels;
}

StatusOr<Duration> ParseLength(TokenStream& words, std::string_view what) {
  const Token& token = words.Peek();
  if (token.kind == TokenKind::kNumber) {
    return words.Error(token.begin, fmt::format("{} needs a unit, such as {}s or {}m", what,
                                                token.text, token.text));
  }
  if (token.kind != TokenKind::kDuration) {
    return words.Unexpected(fmt::format("{}, a duration such as 5m", what));
  }
  words.Take();
  StatusOr<Duration> duration = ParseDuration(token.text);
  if (!duration.ok()) return words.Error(token.begin, duration.status().message());
  if (duration->count() <= 0) {
    return words.Error(token.begin, fmt::format("{} must be longer than 0", what));
  }
  if (*duration > kLongestDuration) {
    return words.Error(token.begin, fmt::format("{} must not be longer than 292y", what));
  }
  return duration;
}

StatusOr<Duration> ParseOffset(TokenStream& words) {
  words.Take();
  const bool ahead = words.TakeIf(TokenKind::kSub);
  FW_ASSIGN_OR_RETURN(const Duration offset, ParseLength(words, "an offset"));
  return ahead ? -offset : offset;
}

StatusOr<AtModifier> ParseAt(TokenStream& words) {
  const size_t begin = words.Take().begin;
  AtModifier at;
  if (words.Peek().kind == TokenKind::kStart || words.Peek().kind == TokenKind::kFinish) {
    at.kind =
        words.Take().kind == TokenKind::kStart ? AtModifier::Kind::kStart : AtModifier::Kind::kEnd;
    FW_RETURN_IF_ERROR(words.Expect(TokenKind::kLeftParen, "after @ start or @ end"));
    FW_RETURN_IF_ERROR(words.Expect(TokenKind::kRightParen, "after @ start( or @ end("));
  } else {
    const bool negative = words.Peek().kind == TokenKind::kSub;
    if (negative || words.Peek().kind == TokenKind::kAdd) words.Take();
    if (words.Peek().kind != TokenKind::kNumber) {
      return words.Unexpected("seconds since 1970, start() or end() after @");
    }
    const double seconds = words.Take().number * (negative ? -1 : 1);
    // Up to the year 33658, where a double still tells milliseconds apart.
    if (!(std::abs(seconds) < 1e12)) return words.Error(begin, "the time after @ is out of bounds");
    at.fixed = FromMillis(std::llround(seconds * 1000));
  }
  return at;
}

}  // namespace forewarn::promql
