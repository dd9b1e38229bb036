#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/matcher.h"
#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn {

// How an expression is kept up to date as samples come, when it has one of the shapes for which that can be done:
// selectors and functions over ranges that begin at most kReachMax ago, and what computes each result from results with
// the same labels or sums up groups of them. The rest (`@`, subqueries, sort, count_values) is for the general
// evaluator. Immutable.
//
// Nothing is computed in another way than the general evaluator does it: the same functions get the same samples in
// the same order. What is saved is finding the series, reading and copying their samples and labels, and matching
// labels, which is done once for as long as the series are the same.
struct LivePlan {
  static constexpr Duration kReachMax = 1h;
  static constexpr size_t kNodesMax = 100;

  struct Node {
    enum class Kind : uint8_t {
      kNumber,
      kTime,        // time()
      kScalars,     // an operator between two scalars
      kToVector,    // vector(): a row of a scalar, without labels
      kToScalar,    // scalar(): the value of the only row
      kInstant,     // a selector's newest values, or of timestamp() their times
      kWindow,      // a function over a selector's range
      kNegate,      // of a scalar or a vector
      kEach,        // a function of each value
      kTimestamp,   // timestamp() of what is computed
      kRelabel,     // label_replace() and label_join()
      kAbsent,      // a row when there is none
      kWithScalar,  // an operator between a vector and a scalar
      kMatch,       // an operator between two vectors
      kSet,         // and, or, unless
      kGroups,      // an aggregation
      kHistogram,   // histogram_quantile()
      kBest         // topk and bottomk
    };
    Kind kind{};
    const promql::Node* node = nullptr;  // in `expression`
    std::vector<size_t>
        inputs;           // in `nodes`, all before this one; the vector first, then parameters
    size_t selector = 0;  // in `selectors`
    size_t shape = 0;     // of those that have one: 0, 1, 2, …
  };
  // The series of one selector, and when they are looked at.
  struct Selector {
    Matchers matchers;
    std::string text;    // the same for equal matchers
    Duration range{0};   // zero: the newest sample
    Duration offset{0};  // how far back of the instant; negative: ahead

    // How far back of the instant samples are needed.
    Duration reach() const { return std::max(Duration(0), range + offset); }
  };

  // Whether rows of a node do not follow one by one from those before.
  static bool HasShape(Node::Kind kind) {
    return kind == Node::Kind::kRelabel || kind >= Node::Kind::kMatch;
  }

  // Of a kInstant: whether it is the samples' times.
  static bool IsTimestamp(const Node& node) {
    return promql::As<promql::Call>(*node.node) != nullptr;
  }

  promql::Expression expression;
  std::vector<Node> nodes;  // the last is the whole
  std::vector<Selector> selectors;
  size_t shapes = 0;  // nodes whose rows are worked out (LiveShape)
};

// Null when the expression has no such shape; `why_not` then says what it is that has none, for people.
std::shared_ptr<const LivePlan> MakeLivePlan(const promql::Expression& expression,
                                             std::string* why_not);

}  // namespace forewarn
