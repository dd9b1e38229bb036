// Which series there must be for an expression to say anything at all.

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/check.h"
#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

using Needs = std::optional<std::vector<Matchers>>;

Needs NeedsOf(const Node& node);

// Of two sets that are both enough by themselves, the one that fewer series are likely to meet.
Needs Stricter(Needs a, Needs b) {
  if (!a || !b) return a ? a : b;
  const auto looseness = [](const std::vector<Matchers>& selectors) {
    ptrdiff_t of_any_metric = 0;
    ptrdiff_t matchers = 0;
    for (const Matchers& selector : selectors) {
      of_any_metric += MetricOf(selector).empty() ? 1 : 0;
      matchers += std::ssize(selector);
    }
    return std::tuple(of_any_metric, std::ssize(selectors), -matchers);
  };
  return looseness(*b) < looseness(*a) ? b : a;
}

Needs Either(Needs a, Needs b) {
  if (!a || !b) return std::nullopt;
  std::ranges::move(*b, std::back_inserter(*a));
  return a;
}

Needs NeedsOf(const Binary& binary) {
  // A scalar needs nothing, and what it is compared with decides.
  Needs left = NeedsOf(*binary.left);
  Needs right = NeedsOf(*binary.right);
  if (binary.op == TokenKind::kOr) return Either(std::move(left), std::move(right));
  if (binary.op == TokenKind::kUnless) return left;
  return Stricter(std::move(left), std::move(right));
}

Needs NeedsOf(const Call& call) {
  switch (call.function->id) {
    case FunctionId::kAbsent:
    case FunctionId::kAbsentOverTime:
    case FunctionId::kScalar:
    case FunctionId::kVector: return std::nullopt;
    default: break;
  }
  // Every other function gives at most one result for each of its vector's; without a vector it gives one always.
  for (const NodePtr& argument : call.arguments) {
    if (argument->type == ValueType::kVector || argument->type == ValueType::kMatrix) {
      return NeedsOf(*argument);
    }
  }
  return std::nullopt;
}

Needs NeedsOf(const Node& node) {
  if (const auto* selector = As<Selector>(node)) return std::vector<Matchers>{selector->matchers};
  if (const auto* subquery = As<Subquery>(node)) return NeedsOf(*subquery->expression);
  if (const auto* paren = As<Paren>(node)) return NeedsOf(*paren->expression);
  if (const auto* unary = As<Unary>(node)) return NeedsOf(*unary->operand);
  if (const auto* binary = As<Binary>(node)) return NeedsOf(*binary);
  if (const auto* aggregate = As<Aggregate>(node)) return NeedsOf(*aggregate->expression);
  if (const auto* call = As<Call>(node)) return NeedsOf(*call);
  return std::nullopt;  // a number or a text
}

}  // namespace

std::optional<std::vector<Matchers>> Expression::Needs() const { return NeedsOf(*root_); }

}  // namespace forewarn::promql
