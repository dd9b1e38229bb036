// What can be said of an expression without running it.

#include <algorithm>
#include <utility>

#include "rules/promql/ast.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

template <typename Visit>
void ForEachSelector(const Node& node, const Visit& visit) {
  if (const auto* selector = As<Selector>(node)) visit(*selector);
  for (const Node* child : Children(node)) ForEachSelector(*child, visit);
}

// Whether a scalar is the same for everybody: no series has a say in it.
bool RestsOnNoSeries(const Node& node) {
  bool none = true;
  ForEachSelector(node, [&](const Selector&) { none = false; });
  return none;
}

bool KeepsLabel(const Node& node, std::string_view label);

// Scalars may take part as long as they know nothing of other series.
bool MayTakePart(const Node& node, std::string_view label) {
  switch (node.type) {
    case ValueType::kString: return true;
    case ValueType::kScalar: return RestsOnNoSeries(node);
    default: return KeepsLabel(node, label);
  }
}

bool Keeps(const Binary& binary, std::string_view label) {
  if (!MayTakePart(*binary.left, label) || !MayTakePart(*binary.right, label)) return false;
  const bool two_vectors =
      binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
  return !two_vectors || Listed(binary.matching.labels, label) == binary.matching.on;
}

bool Keeps(const Aggregate& aggregate, std::string_view label) {
  if (Listed(aggregate.grouping, label) == aggregate.without) return false;
  if (aggregate.parameter != nullptr && !MayTakePart(*aggregate.parameter, label)) return false;
  if (aggregate.op == TokenKind::kCountValues) {
    const auto* target = As<String>(WithoutParens(*aggregate.parameter));
    if (target == nullptr || target->value == label) return false;
  }
  return KeepsLabel(*aggregate.expression, label);
}

bool Keeps(const Call& call, std::string_view label) {
  const auto writes_label = [&] {
    const auto* target = As<String>(WithoutParens(*call.arguments[1]));
    return target == nullptr || target->value == label;
  };
  switch (call.function->id) {
    case FunctionId::kAbsent:
    case FunctionId::kAbsentOverTime:
    case FunctionId::kVector: return false;
    case FunctionId::kHistogramQuantile:
      if (label == "le") return false;
      break;
    case FunctionId::kLabelJoin:
    case FunctionId::kLabelReplace:
      if (writes_label()) return false;
      break;
    default: break;
  }
  // A call without arguments, such as hour(), has no labels at all.
  return !call.arguments.empty() &&
         std::ranges::all_of(call.arguments, [&](const NodePtr& argument) {
           return MayTakePart(*argument, label);
         });
}

bool KeepsLabel(const Node& node, std::string_view label) {
  if (node.type == ValueType::kScalar || node.type == ValueType::kString) return false;
  if (As<Selector>(node) != nullptr) return true;
  if (const auto* subquery = As<Subquery>(node)) return KeepsLabel(*subquery->expression, label);
  if (const auto* paren = As<Paren>(node)) return KeepsLabel(*paren->expression, label);
  if (const auto* unary = As<Unary>(node)) return KeepsLabel(*unary->operand, label);
  if (const auto* binary = As<Binary>(node)) return Keeps(*binary, label);
  if (const auto* aggregate = As<Aggregate>(node)) return Keeps(*aggregate, label);
  const auto* call = As<Call>(node);
  FW_CHECK(call != nullptr);
  return Keeps(*call, label);
}

NodePtr Add(const NodePtr& node, const Matcher& matcher);

void AddTo(NodePtr& node, const Matcher& matcher) {
  if (node != nullptr) node = Add(node, matcher);
}

// A copy with the matcher in every selector; what has none is shared.
NodePtr Add(const NodePtr& node, const Matcher& matcher) {
  if (RestsOnNoSeries(*node)) return node;
  auto copy = std::make_shared<Node>(*node);
  if (auto* selector = std::get_if<Selector>(&copy->body)) {
    selector->matchers.push_back(matcher);
  } else if (auto* subquery = std::get_if<Subquery>(&copy->body)) {
    AddTo(subquery->expression, matcher);
  } else if (auto* paren = std::get_if<Paren>(&copy->body)) {
    AddTo(paren->expression, matcher);
  } else if (auto* unary = std::get_if<Unary>(&copy->body)) {
    AddTo(unary->operand, matcher);
  } else if (auto* binary = std::get_if<Binary>(&copy->body)) {
    AddTo(binary->left, matcher);
    AddTo(binary->right, matcher);
  } else if (auto* aggregate = std::get_if<Aggregate>(&copy->body)) {
    AddTo(aggregate->parameter, matcher);
    AddTo(aggregate->expression, matcher);
  } else if (auto* call = std::get_if<Call>(&copy->body)) {
    for (NodePtr& argument : call->arguments) AddTo(argument, matcher);
  }
  return copy;
}

// How far below its evaluation instant a node looks.
Duration ReachOf(const Node& node) {
  const auto shifted = [](const Shift& shift, Duration reach) {
    if (shift.at.has_value() && shift.at->kind == AtModifier::Kind::kFixed) return Duration::max();
    return reach == Duration::max() ? reach : std::max(Duration(0), reach + shift.offset);
  };
  if (const auto* selector = As<Selector>(node)) {
    const bool instant = selector->range.count() == 0;
    return shifted(selector->shift, instant ? EvalLimits{}.lookback : selector->range);
  }
  Duration reach{0};
  for (const Node* child : Children(node)) reach = std::max(reach, ReachOf(*child));
  if (const auto* subquery = As<Subquery>(node)) {
    return reach == Duration::max() ? reach : shifted(subquery->shift, reach + subquery->range);
  }
  return reach;
}

}  // namespace

bool Expression::Keeps(std::string_view label) const {
  return label != kMetricName && KeepsLabel(*root_, label);
}

Expression Expression::With(const Matcher& matcher) const {
  return Expression(Add(root_, matcher));
}

std::vector<Matchers> Expression::Selectors() const {
  std::vector<Matchers> selectors;
  ForEachSelector(*root_,
                  [&](const Selector& selector) { selectors.push_back(selector.matchers); });
  return selectors;
}

Duration Expression::Reach() const { return ReachOf(*root_); }

bool Expression::IsInstant() const {
  return root_->type == ValueType::kScalar || root_->type == ValueType::kVector;
}

}  // namespace forewarn::promql
