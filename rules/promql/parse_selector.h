#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "rules/promql/ast.h"
#include "rules/promql/token_stream.h"

namespace forewarn::promql {

// The parts of an expression that hold no other expression: selectors, lists of labels, lengths of
// time and `@`. Each takes its words off the stream, or fails at the first that does not belong.

// Whether a word may name a metric: keywords may too, as in Prometheus' grammar.
bool MayNameMetric(TokenKind kind);

// What matchers cost that are held together. A regular expression counts 1000 steps at least, for
// the states that RE2 remembers.
struct MatcherCost {
  size_t matchers = 0;
  size_t steps = 0;
};

// `name{label="v"}`, without a range. `total` is of the whole expression so far. A selector has at
// most 100 matchers and 50 000 steps, an expression 1000 and 200 000.
StatusOr<Selector> ParseSelector(TokenStream& words, MatcherCost& total);

// `(a, b,)`.
StatusOr<std::vector<std::string>> ParseLabelList(TokenStream& words);

// A length of time above 0 and of at most 292 years; `what` is how an error calls it.
StatusOr<Duration> ParseLength(TokenStream& words, std::string_view what);

// `offset 5m` and `offset -5m`, which looks ahead.
StatusOr<Duration> ParseOffset(TokenStream& words);

// `@ 1700000000.5`, `@ start()`, `@ end()`.
StatusOr<AtModifier> ParseAt(TokenStream& words);

}  // namespace forewarn::promql
