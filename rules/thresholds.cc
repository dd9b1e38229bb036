#include "rules/thresholds.h"

#include <memory>
#include <optional>

#include "rules/promql/ast.h"

namespace forewarn {
namespace {

using promql::As;
using promql::Node;
using promql::NodePtr;

std::optional<std::string> ThresholdName(const promql::Selector& selector) {
  if (!selector.name.starts_with(kThresholdPrefix)) return std::nullopt;
  return selector.name.substr(kThresholdPrefix.size());
}

// The name in `scalar(threshold:name)`; nothing for any other node.
std::optional<std::string> ThresholdOf(const Node& node) {
  const auto* call = As<promql::Call>(node);
  if (call == nullptr || call->function->id != promql::FunctionId::kScalar) return std::nullopt;
  const auto* selector = As<promql::Selector>(promql::WithoutParens(*call->arguments[0]));
  if (selector == nullptr || selector->matchers.size() != 1 || selector->shift != promql::Shift()) {
    return std::nullopt;
  }
  return ThresholdName(*selector);
}

void Find(const Node& node, ThresholdNames& names) {
  if (std::optional<std::string> name = ThresholdOf(node)) {
    names.read.try_emplace(*std::move(name), node.begin);
    return;
  }
  if (const auto* selector = As<promql::Selector>(node)) {
    if (std::optional<std::string> name = ThresholdName(*selector)) {
      names.misread.try_emplace(*std::move(name), node.begin);
    }
  }
  for (const Node* child : promql::Children(node)) Find(*child, names);
}

// In parentheses when it is negative, so that it is printed as it is meant.
NodePtr NumberNode(const Node& place, double value) {
  auto number = std::make_shared<Node>(place);
  number->body = promql::Number{value};
  number->depth = 1;
  number->height = 1;
  if (value >= 0) return number;
  auto paren = std::make_shared<Node>(place);
  paren->body = promql::Paren{number};
  paren->depth = 2;
  paren->height = 2;
  return paren;
}

NodePtr Set(const NodePtr& node, const Thresholds& values) {
  if (node == nullptr) return node;
  if (std::optional<std::string> name = ThresholdOf(*node)) {
    auto value = values.find(*name);
    return value == values.end() ? node : NumberNode(*node, value->second);
  }
  auto copy = std::make_shared<Node>(*node);
  auto set = [&](NodePtr& child) { child = Set(child, values); };
  if (auto* subquery = std::get_if<promql::Subquery>(&copy->body)) {
    set(subquery->expression);
  } else if (auto* paren = std::get_if<promql::Paren>(&copy->body)) {
    set(paren->expression);
  } else if (auto* unary = std::get_if<promql::Unary>(&copy->body)) {
    set(unary->operand);
  } else if (auto* binary = std::get_if<promql::Binary>(&copy->body)) {
    set(binary->left);
    set(binary->right);
  } else if (auto* aggregate = std::get_if<promql::Aggregate>(&copy->body)) {
    set(aggregate->parameter);
    set(aggregate->expression);
  } else if (auto* call = std::get_if<promql::Call>(&copy->body)) {
    for (NodePtr& argument : call->arguments) set(argument);
  }
  return copy;
}

}  // namespace

ThresholdNames FindThresholds(const promql::Expression& expression) {
  ThresholdNames names;
  Find(expression.root(), names);
  return names;
}

promql::Expression SetThresholds(const promql::Expression& expression, const Thresholds& values) {
  return promql::Expression(Set(std::make_shared<const Node>(expression.root()), values));
}

}  // namespace forewarn
