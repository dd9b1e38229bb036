#include "rules/promql/ast.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace forewarn::promql {
namespace {

bool SameMatchers(const Matchers& a, const Matchers& b) {
  return std::ranges::equal(a, b, [](const Matcher& x, const Matcher& y) {
    return x.kind() == y.kind() && x.name() == y.name() && x.value() == y.value();
  });
}

bool Same(const NodePtr& a, const NodePtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return SameTree(*a, *b);
}

bool Same(const Number& a, const Number& b) {
  if (std::isnan(a.value)) return std::isnan(b.value);
  return std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}
bool Same(const String& a, const String& b) { return a.value == b.value; }
bool Same(const Selector& a, const Selector& b) {
  return a.name == b.name && a.range == b.range && a.shift == b.shift &&
         SameMatchers(a.matchers, b.matchers);
}
bool Same(const Subquery& a, const Subquery& b) {
  return a.range == b.range && a.step == b.step && a.shift == b.shift &&
         Same(a.expression, b.expression);
}
bool Same(const Paren& a, const Paren& b) { return Same(a.expression, b.expression); }
bool Same(const Unary& a, const Unary& b) {
  return a.negative == b.negative && Same(a.operand, b.operand);
}
bool Same(const Binary& a, const Binary& b) {
  return a.op == b.op && a.returns_bool == b.returns_bool && a.matching == b.matching &&
         Same(a.left, b.left) && Same(a.right, b.right);
}
bool Same(const Aggregate& a, const Aggregate& b) {
  return a.op == b.op && a.without == b.without && a.grouping == b.grouping &&
         Same(a.parameter, b.parameter) && Same(a.expression, b.expression);
}
bool Same(const Call& a, const Call& b) {
  return a.function == b.function &&
         std::ranges::equal(a.arguments, b.arguments,
                            [](const NodePtr& x, const NodePtr& y) { return Same(x, y); });
}

}  // namespace

const Node& WithoutParens(const Node& node) {
  const Node* inner = &node;
  while (const auto* paren = As<Paren>(*inner)) inner = paren->expression.get();
  return *inner;
}

std::vector<const Node*> Children(const Node& node) {
  std::vector<const Node*> children;
  if (const auto* subquery = As<Subquery>(node)) {
    children = {subquery->expression.get()};
  } else if (const auto* paren = As<Paren>(node)) {
    children = {paren->expression.get()};
  } else if (const auto* unary = As<Unary>(node)) {
    children = {unary->operand.get()};
  } else if (const auto* binary = As<Binary>(node)) {
    children = {binary->left.get(), binary->right.get()};
  } else if (const auto* aggregate = As<Aggregate>(node)) {
    if (aggregate->parameter != nullptr) children.push_back(aggregate->parameter.get());
    children.push_back(aggregate->expression.get());
  } else if (const auto* call = As<Call>(node)) {
    for (const NodePtr& argument : call->arguments) children.push_back(argument.get());
  }
  return children;
}

bool SameTree(const Node& a, const Node& b) {
  if (a.type != b.type || a.body.index() != b.body.index()) return false;
  return std::visit(
      [&](const auto& body) { return Same(body, std::get<std::decay_t<decltype(body)>>(b.body)); },
      a.body);
}

bool Listed(const std::vector<std::string>& labels, std::string_view name) {
  return std::ranges::find(labels, name) != labels.end();
}

int Precedence(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr: return 1;
    case TokenKind::kAnd:
    case TokenKind::kUnless: return 2;
    case TokenKind::kAdd:
    case TokenKind::kSub: return 4;
    case TokenKind::kMul:
    case TokenKind::kDiv:
    case TokenKind::kMod:
    case TokenKind::kAtan2: return kSignPrecedence;
    case TokenKind::kPow: return 6;
    default: return IsComparison(kind) ? 3 : 0;
  }
}

bool IsComparison(TokenKind op) {
  return op == TokenKind::kNotEqual || (op >= TokenKind::kEqual && op <= TokenKind::kGreaterEqual);
}

bool IsSetOperator(TokenKind op) {
  return op == TokenKind::kAnd || op == TokenKind::kOr || op == TokenKind::kUnless;
}

bool IsAggregation(TokenKind kind) {
  return kind >= TokenKind::kSum && kind <= TokenKind::kCountValues;
}

bool TakesParameter(TokenKind op) {
  return op == TokenKind::kTopk || op == TokenKind::kBottomk || op == TokenKind::kQuantile ||
         op == TokenKind::kCountValues;
}

}  // namespace forewarn::promql
