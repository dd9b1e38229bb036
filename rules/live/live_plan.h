#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/matcher.h"
#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn {

// How an expression is kept up to date as samples come, when it has one of the shapes for which that can be done:
// selectors and functions over ranges of at most kRangeMax, and what computes each result from results with the same
// labels or sums up groups of them. The rest (offsets, `@`, subqueries, topk, absent, label_replace, …) is for the
// general evaluator. Immutable.
//
// Nothing is computed in another way than the general evaluator does it: the same functions get the same samples in
// the same order. What is saved is finding the series, reading and copying their samples and labels, and matching
// labels, which is done once for as long as the series are the same.
struct LivePlan {
  static constexpr Duration kRangeMax = 1h;
  static constexpr size_t kNodesMax = 100;

  struct Node {
    enum class Kind : uint8_t {
      kNumber,
      kTime,        // time()
      kScalars,     // an operator between two scalars
      kInstant,     // a selector's newest values
      kWindow,      // a function over a selector's range
      kNegate,      // of a scalar or a vector
      kEach,        // a function of each value
      kWithScalar,  // an operator between a vector and a scalar
      kMatch,       // an operator between two vectors
      kSet,         // and, or, unless
      kGroups       // an aggregation
    };
    Kind kind{};
    const promql::Node* node = nullptr;  // in `expression`
    bool is_scalar = false;
    std::vector<size_t>
        inputs;           // in `nodes`, all before this one; the vector first, then parameters
    size_t selector = 0;  // in `selectors`
  };
  // The series of one selector, and how far back of the instant they are needed.
  struct Selector {
    Matchers matchers;
    std::string text;   // the same for equal matchers
    Duration range{0};  // zero: the newest sample
  };

  promql::Expression expression;
  std::vector<Node> nodes;  // the last is the whole
  std::vector<Selector> selectors;
  // Whether there is a node whose rows do not follow one by one from those before: kMatch, kSet, kGroups.
  bool has_shapes = false;
};

// Null when the expression has no such shape; `why_not` then says what it is that has none, for people.
std::shared_ptr<const LivePlan> MakeLivePlan(const promql::Expression& expression,
                                             std::string* why_not);

}  // namespace forewarn
