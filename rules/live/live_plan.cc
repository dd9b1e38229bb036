#include "rules/live/live_plan.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/units.h"
#include "rules/promql/binary.h"
#include "rules/promql/vector_functions.h"

namespace forewarn {
namespace {

using promql::As;
using promql::FunctionId;
using promql::Listed;
using promql::TokenKind;
using promql::ValueType;
using Kind = LivePlan::Node::Kind;

class PlanMaker {
 public:
  explicit PlanMaker(const promql::Expression& expression) : plan_{expression, {}, {}, false} {}

  std::shared_ptr<const LivePlan> Make(std::string* why_not) {
    const promql::Node& root = promql::WithoutParens(plan_.expression.root());
    if (root.type != ValueType::kVector) {
      why_not_ = "an expression without series";
    } else if (Add(root)) {
      if (plan_.nodes.size() <= LivePlan::kNodesMax) {
        return std::make_shared<const LivePlan>(std::move(plan_));
      }
      why_not_ = fmt::format("more than {} parts", LivePlan::kNodesMax);
    }
    if (why_not != nullptr) *why_not = why_not_;
    return nullptr;
  }

 private:
  // What became of a node.
  struct Added {
    size_t place;
    // Whether its rows differ in more than the metric's name, so that the name can go.
    bool is_distinct_without_name;
  };

  std::optional<Added> No(std::string why_not) {
    why_not_ = std::move(why_not);
    return std::nullopt;
  }

  Added Put(Kind kind, const promql::Node& node, std::vector<size_t> inputs, bool is_distinct,
            size_t selector = 0) {
    plan_.has_shapes |= kind == Kind::kMatch || kind == Kind::kSet || kind == Kind::kGroups;
    plan_.nodes.push_back(
        {kind, &node, node.type == ValueType::kScalar, std::move(inputs), selector});
    return {plan_.nodes.size() - 1, is_distinct};
  }

  std::optional<Added> Add(const promql::Node& with_parens) {
    const promql::Node& node = promql::WithoutParens(with_parens);
    if (As<promql::Number>(node) != nullptr) return Put(Kind::kNumber, node, {}, true);
    if (const auto* selector = As<promql::Selector>(node)) {
      return AddSelector(Kind::kInstant, node, *selector, {});
    }
    if (const auto* unary = As<promql::Unary>(node)) return AddUnary(node, *unary);
    if (const auto* binary = As<promql::Binary>(node)) return AddBinary(node, *binary);
    if (const auto* call = As<promql::Call>(node)) return AddCall(node, *call);
    if (const auto* aggregate = As<promql::Aggregate>(node)) return AddGroups(node, *aggregate);
    return No("a string");
  }

  std::optional<Added> AddSelector(Kind kind, const promql::Node& node,
                                   const promql::Selector& selector, std::vector<size_t> inputs) {
    if (selector.shift.offset != Duration(0) || selector.shift.at) return No("offset or @");
    if (selector.range > LivePlan::kRangeMax) {
      return No(fmt::format("a range of more than {}", FormatDuration(LivePlan::kRangeMax)));
    }
    std::string text;
    bool has_one_name = false;
    for (const Matcher& matcher : selector.matchers) {
      text += matcher.ToString() + ",";
      has_one_name |= matcher.name() == kMetricName && matcher.kind() == Matcher::Kind::kEqual;
    }
    plan_.selectors.push_back({selector.matchers, std::move(text), selector.range});
    return Put(kind, node, std::move(inputs), has_one_name, plan_.selectors.size() - 1);
  }

  std::optional<Added> AddUnary(const promql::Node& node, const promql::Unary& unary) {
    std::optional<Added> operand = Add(*unary.operand);
    if (!operand || !unary.negative) return operand;
    if (!CanDropName(node, *operand)) return No("several metrics whose names get lost");
    return Put(Kind::kNegate, node, {operand->place}, true);
  }

  bool CanDropName(const promql::Node& node, const Added& added) const {
    return node.type == ValueType::kScalar || added.is_distinct_without_name;
  }

  std::optional<Added> AddBinary(const promql::Node& node, const promql::Binary& binary) {
    std::optional<Added> left = Add(*binary.left);
    if (!left) return left;
    std::optional<Added> right = Add(*binary.right);
    if (!right) return right;
    const bool left_is_scalar = binary.left->type == ValueType::kScalar;
    const bool right_is_scalar = binary.right->type == ValueType::kScalar;
    if (left_is_scalar && right_is_scalar) {
      return Put(Kind::kScalars, node, {left->place, right->place}, true);
    }
    if (left_is_scalar || right_is_scalar) {
      const Added& vector = left_is_scalar ? *right : *left;
      const Added& scalar = left_is_scalar ? *left : *right;
      const bool drops = binary.returns_bool || promql::DropsName(binary.op);
      if (drops && !vector.is_distinct_without_name) {
        return No("several metrics whose names get lost");
      }
      return Put(Kind::kWithScalar, node, {vector.place, scalar.place},
                 vector.is_distinct_without_name);
    }
    if (promql::IsSetOperator(binary.op)) {
      return Put(Kind::kSet, node, {left->place, right->place},
                 binary.op != TokenKind::kOr && left->is_distinct_without_name);
    }
    const Added& many = promql::IsSwapped(binary) ? *right : *left;
    if (!many.is_distinct_without_name) return No("several metrics that are matched");
    // A name among what is matched or taken over may be all that tells results apart.
    const bool has_names = (binary.matching.on && Listed(binary.matching.labels, kMetricName)) ||
                           Listed(binary.matching.include, kMetricName);
    return Put(Kind::kMatch, node, {left->place, right->place}, !has_names);
  }

  std::optional<Added> AddCall(const promql::Node& node, const promql::Call& call) {
    const FunctionId id = call.function->id;
    const auto no = [&] { return No(fmt::format("{}()", call.function->name)); };
    if (id == FunctionId::kTime) return Put(Kind::kTime, node, {}, true);
    std::vector<size_t> inputs;
    const promql::Node* range = nullptr;
    bool is_distinct = true;
    const bool is_each = promql::IsElementwise(id) && !call.arguments.empty();
    for (const promql::NodePtr& argument : call.arguments) {
      if (argument->type == ValueType::kMatrix) {
        range = &promql::WithoutParens(*argument);
        continue;
      }
      if (!is_each && argument->type != ValueType::kScalar) return no();
      std::optional<Added> added = Add(*argument);
      if (!added) return added;
      if (argument->type == ValueType::kVector) is_distinct = added->is_distinct_without_name;
      inputs.push_back(added->place);
    }
    if (is_each) {
      if (!is_distinct) return No("several metrics whose names get lost");
      return Put(Kind::kEach, node, std::move(inputs), true);
    }
    if (range == nullptr || id == FunctionId::kAbsentOverTime) return no();
    const auto* selector = As<promql::Selector>(*range);
    if (selector == nullptr) return No("a subquery");
    std::optional<Added> window = AddSelector(Kind::kWindow, node, *selector, std::move(inputs));
    if (window && !window->is_distinct_without_name && id != FunctionId::kLastOverTime) {
      return No("several metrics whose names get lost");
    }
    return window;
  }

  std::optional<Added> AddGroups(const promql::Node& node, const promql::Aggregate& aggregate) {
    switch (aggregate.op) {
      case TokenKind::kTopk:
      case TokenKind::kBottomk:
      case TokenKind::kCountValues: return No(fmt::format("{}", promql::Spelling(aggregate.op)));
      default: break;
    }
    std::optional<Added> vector = Add(*aggregate.expression);
    if (!vector) return vector;
    std::vector<size_t> inputs = {vector->place};
    if (aggregate.parameter != nullptr) {
      std::optional<Added> parameter = Add(*aggregate.parameter);
      if (!parameter) return parameter;
      inputs.push_back(parameter->place);
    }
    return Put(Kind::kGroups, node, std::move(inputs),
               aggregate.without || !Listed(aggregate.grouping, kMetricName));
  }

  LivePlan plan_;
  std::string why_not_;
};

}  // namespace

std::shared_ptr<const LivePlan> MakeLivePlan(const promql::Expression& expression,
                                             std::string* why_not) {
  return PlanMaker(expression).Make(why_not);
}

}  // namespace forewarn
