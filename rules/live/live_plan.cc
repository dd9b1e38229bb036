#include "rules/live/live_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/units.h"
#include "rules/promql/binary.h"
#include "rules/promql/label_functions.h"
#include "rules/promql/rows.h"
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
  explicit PlanMaker(const promql::Expression& expression) : plan_{expression, {}, {}, 0} {}

  std::shared_ptr<const LivePlan> Make(std::string* why_not) {
    const promql::Node& root = promql::WithoutParens(plan_.expression.root());
    if (root.type != ValueType::kVector) {
      why_not_ = fmt::format("{} as its result", promql::TypeName(root.type));
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
    is_ranked_.push_back(IsRanked(kind, inputs));
    plan_.nodes.push_back({kind, &node, std::move(inputs), selector, plan_.shapes});
    plan_.shapes += LivePlan::HasShape(kind) ? 1 : 0;
    return {plan_.nodes.size() - 1, is_distinct};
  }

  bool IsRanked(Kind kind, const std::vector<size_t>& inputs) const {
    if (kind == Kind::kGroups || kind == Kind::kHistogram) return false;
    return kind == Kind::kBest ||
           std::ranges::any_of(inputs, [&](size_t input) { return is_ranked_[input]; });
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
    if (selector.shift.at) return No("@");
    const LivePlan::Selector found = {selector.matchers, "", selector.range, selector.shift.offset};
    if (found.reach() > LivePlan::kReachMax) {
      return No(fmt::format("a range of more than {}", FormatDuration(LivePlan::kReachMax)));
    }
    std::string text;
    for (const Matcher& matcher : selector.matchers) text += matcher.ToString() + ",";
    const bool has_one_name = !MetricOf(selector.matchers).empty();
    plan_.selectors.push_back(found);
    plan_.selectors.back().text = std::move(text);
    return Put(kind, node, std::move(inputs), has_one_name, plan_.selectors.size() - 1);
  }

  // What loses its names: no, when nothing else tells its rows apart.
  std::optional<Added> WithoutName(std::optional<Added> added) {
    if (added && !added->is_distinct_without_name)
      return No("several metrics whose names get lost");
    return added;
  }

  std::optional<Added> AddUnary(const promql::Node& node, const promql::Unary& unary) {
    std::optional<Added> operand = Add(*unary.operand);
    if (unary.negative) operand = WithoutName(operand);
    if (!operand || !unary.negative) return operand;
    return Put(Kind::kNegate, node, {operand->place}, true);
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
      std::optional<Added> vector = left_is_scalar ? right : left;
      const Added& scalar = left_is_scalar ? *left : *right;
      if (binary.returns_bool || promql::DropsName(binary.op)) vector = WithoutName(vector);
      if (!vector) return vector;
      return Put(Kind::kWithScalar, node, {vector->place, scalar.place},
                 vector->is_distinct_without_name);
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
    const auto no = [&] { return No(fmt::format("{}()", call.function->name)); };
    switch (call.function->id) {
      case FunctionId::kTime: return Put(Kind::kTime, node, {}, true);
      case FunctionId::kScalar: return AddOf(Kind::kToScalar, node, *call.arguments[0]);
      case FunctionId::kVector: return AddOf(Kind::kToVector, node, *call.arguments[0]);
      case FunctionId::kAbsent: return AddOf(Kind::kAbsent, node, *call.arguments[0]);
      case FunctionId::kTimestamp: return AddTimestamp(node, *call.arguments[0]);
      case FunctionId::kHistogramQuantile: return AddHistogram(node, call);
      case FunctionId::kLabelReplace:
      case FunctionId::kLabelJoin: return AddRelabel(node, call);
      default: break;
    }
    if (promql::IsElementwise(call.function->id)) return AddEach(node, call);
    const bool has_range = std::ranges::any_of(call.arguments, [](const promql::NodePtr& argument) {
      return argument->type == ValueType::kMatrix;
    });
    return has_range ? AddWindow(node, call) : no();
  }

  // A node of one input.
  std::optional<Added> AddOf(Kind kind, const promql::Node& node, const promql::Node& input) {
    std::optional<Added> added = Add(input);
    if (!added) return added;
    return Put(kind, node, {added->place}, true);
  }

  std::optional<Added> AddTimestamp(const promql::Node& node, const promql::Node& vector) {
    const auto* selector = As<promql::Selector>(promql::WithoutParens(vector));
    if (selector != nullptr) return WithoutName(AddSelector(Kind::kInstant, node, *selector, {}));
    std::optional<Added> added = WithoutName(Add(vector));
    return added ? Put(Kind::kTimestamp, node, {added->place}, true) : added;
  }

  std::optional<Added> AddHistogram(const promql::Node& node, const promql::Call& call) {
    std::optional<Added> quantile = Add(*call.arguments[0]);
    if (!quantile) return quantile;
    std::optional<Added> vector = Add(*call.arguments[1]);
    if (!vector) return vector;
    if (is_ranked_[vector->place]) return No("buckets that topk or bottomk has ordered");
    return Put(Kind::kHistogram, node, {vector->place, quantile->place}, true);
  }

  std::optional<Added> AddRelabel(const promql::Node& node, const promql::Call& call) {
    promql::Budget budget(promql::EvalLimits().max_operations);
    if (!promql::ChangeLabels(call, {}, budget).ok()) {
      return No(fmt::format("a mistake in {}()", call.function->name));
    }
    std::optional<Added> vector = Add(*call.arguments[0]);
    if (!vector) return vector;
    const auto* target = As<promql::String>(promql::WithoutParens(*call.arguments[1]));
    return Put(Kind::kRelabel, node, {vector->place},
               vector->is_distinct_without_name && target->value != kMetricName);
  }

  std::optional<Added> AddEach(const promql::Node& node, const promql::Call& call) {
    std::vector<size_t> inputs;
    if (call.arguments.empty()) {  // of the date functions: the evaluation time
      const size_t time = Put(Kind::kTime, node, {}, true).place;
      inputs.push_back(Put(Kind::kToVector, node, {time}, true).place);
    }
    for (const promql::NodePtr& argument : call.arguments) {
      std::optional<Added> added = WithoutName(Add(*argument));
      if (!added) return added;
      inputs.push_back(added->place);
    }
    return Put(Kind::kEach, node, std::move(inputs), true);
  }

  std::optional<Added> AddWindow(const promql::Node& node, const promql::Call& call) {
    std::vector<size_t> parameters;
    const promql::Node* range = nullptr;
    for (const promql::NodePtr& argument : call.arguments) {
      if (argument->type == ValueType::kMatrix) {
        range = &promql::WithoutParens(*argument);
        continue;
      }
      std::optional<Added> added = Add(*argument);
      if (!added) return added;
      parameters.push_back(added->place);
    }
    const auto* selector = As<promql::Selector>(*range);
    if (selector == nullptr) return No("a subquery");
    std::optional<Added> window =
        AddSelector(Kind::kWindow, node, *selector, std::move(parameters));
    if (!window) return window;
    switch (call.function->id) {
      case FunctionId::kAbsentOverTime: return Put(Kind::kAbsent, node, {window->place}, true);
      case FunctionId::kLastOverTime: return window;
      default: return WithoutName(window);
    }
  }

  std::optional<Added> AddGroups(const promql::Node& node, const promql::Aggregate& aggregate) {
    if (aggregate.op == TokenKind::kCountValues) return No("count_values");
    std::optional<Added> vector = Add(*aggregate.expression);
    if (!vector) return vector;
    if (is_ranked_[vector->place]) {
      return No(
          fmt::format("{} of what topk or bottomk has ordered", promql::Spelling(aggregate.op)));
    }
    std::vector<size_t> inputs = {vector->place};
    if (aggregate.parameter != nullptr) {
      std::optional<Added> parameter = Add(*aggregate.parameter);
      if (!parameter) return parameter;
      inputs.push_back(parameter->place);
    }
    if (aggregate.op == TokenKind::kTopk || aggregate.op == TokenKind::kBottomk) {
      return Put(Kind::kBest, node, std::move(inputs), vector->is_distinct_without_name);
    }
    return Put(Kind::kGroups, node, std::move(inputs),
               aggregate.without || !Listed(aggregate.grouping, kMetricName));
  }

  LivePlan plan_;
  std::vector<bool> is_ranked_;  // of each node: whether values have a say in the order of its rows
  std::string why_not_;
};

}  // namespace

std::shared_ptr<const LivePlan> MakeLivePlan(const promql::Expression& expression,
                                             std::string* why_not) {
  return PlanMaker(expression).Make(why_not);
}

}  // namespace forewarn
