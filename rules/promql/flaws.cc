#include "rules/promql/flaws.h"

#include <fmt/core.h>

#include <array>

#include "model/labels.h"
#include "rules/promql/ast.h"
#include "rules/promql/label_functions.h"
#include "rules/promql/range_functions.h"

namespace forewarn::promql {
namespace {

// Whether the text of a string is no label's name.
bool IsNoLabel(const Node& node) {
  const auto* text = As<String>(WithoutParens(node));
  return text != nullptr && !IsLabelName(text->value);
}

// Of label_replace or label_join: the argument at which the evaluation fails.
const Node& BadArgument(const Call& call) {
  if (IsNoLabel(*call.arguments[1])) return *call.arguments[1];
  if (call.function->id == FunctionId::kLabelReplace) return *call.arguments[4];
  for (size_t i = 3; i < call.arguments.size(); ++i) {
    if (IsNoLabel(*call.arguments[i])) return *call.arguments[i];
  }
  return *call.arguments[1];
}

void FindInCall(const Call& call, std::vector<Flaw>& flaws) {
  const FunctionId id = call.function->id;
  if (id == FunctionId::kLabelReplace || id == FunctionId::kLabelJoin) {
    Budget budget(EvalLimits().max_operations);
    const Status status = ChangeLabels(call, {}, budget).status();
    if (!status.ok()) flaws.push_back({BadArgument(call).begin, status.message()});
  } else if (id == FunctionId::kHoltWinters) {
    std::array<double, 2> factors = {0.5, 0.5};
    for (size_t i = 0; i < factors.size(); ++i) {
      const auto* number = As<Number>(WithoutParens(*call.arguments[i + 1]));
      if (number == nullptr) continue;
      factors[i] = number->value;
      const Status status = CheckParameters(id, factors);
      if (!status.ok()) flaws.push_back({call.arguments[i + 1]->begin, status.message()});
      factors[i] = 0.5;
    }
  }
}

void Find(const Node& node, std::vector<Flaw>& flaws) {
  if (const auto* call = As<Call>(node)) {
    FindInCall(*call, flaws);
  } else if (const auto* aggregate = As<Aggregate>(node);
             aggregate != nullptr && aggregate->op == TokenKind::kCountValues &&
             IsNoLabel(*aggregate->parameter)) {
    flaws.push_back({aggregate->parameter->begin,
                     fmt::format("count_values: '{}' is not a label name",
                                 As<String>(WithoutParens(*aggregate->parameter))->value)});
  }
  for (const Node* child : Children(node)) Find(*child, flaws);
}

}  // namespace

std::vector<Flaw> FindFlaws(const Expression& expression) {
  std::vector<Flaw> flaws;
  const Node& root = WithoutParens(expression.root());
  if (root.type == ValueType::kMatrix || root.type == ValueType::kString) {
    flaws.push_back(
        {root.begin,
         fmt::format(
             "a rule needs an instant vector or a scalar, not {}{}", TypeName(root.type),
             root.type == ValueType::kMatrix ? "; put a function such as rate() around it" : "")});
  }
  Find(root, flaws);
  return flaws;
}

}  // namespace forewarn::promql
