#pragma once

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

// `name{label="v"}`, without a range.
StatusOr<Selector> ParseSelector(TokenStream& words);

// `(a, b,)`.
StatusOr<std::vector<std::string>> ParseLabelList(TokenStream& words);

// A length of time above 0 and of at most 292 years; `what` is how an error calls it.
StatusOr<Duration> ParseLength(TokenStream& words, std::string_view what);

// `offset 5m` and `offset -5m`, which looks ahead.
StatusOr<Duration> ParseOffset(TokenStream& words);

// `@ 1700000000.5`, `@ start()`, `@ end()`.
StatusOr<AtModifier> ParseAt(TokenStream& words);

}  // namespace forewarn::promql
