#include "rules/promql/type_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "rules/promql/functions.h"
#include "rules/promql/position.h"

namespace forewarn::promql {

StatusOr<ValueType> CheckBinary(const TokenStream& words, Binary& binary, size_t op_begin) {
  for (const NodePtr& side : {binary.left, binary.right}) {
    if (side->type != ValueType::kScalar && side->type != ValueType::kVector) {
      return words.Error(side->begin, fmt::format("'{}' needs scalars or instant vectors, not {}",
                                                  Spelling(binary.op), TypeName(side->type)));
    }
  }
  const bool left_is_scalar = binary.left->type == ValueType::kScalar;
  const bool right_is_scalar = binary.right->type == ValueType::kScalar;
  if (IsSetOperator(binary.op) && (left_is_scalar || right_is_scalar)) {
    return words.Error(op_begin,
                       fmt::format("'{}' needs an instant vector on both sides; vector() makes "
                                   "one of a scalar",
                                   Spelling(binary.op)));
  }
  if (IsComparison(binary.op) && !binary.returns_bool && left_is_scalar && right_is_scalar) {
    return words.Error(op_begin,
                       fmt::format("a comparison of two scalars needs the bool modifier: '{} bool'",
                                   Spelling(binary.op)));
  }
  if (left_is_scalar || right_is_scalar) {
    if (!binary.matching.labels.empty()) {
      return words.Error(op_begin, "on and ignoring go between two instant vectors only");
    }
    binary.matching = {};
  }
  return left_is_scalar && right_is_scalar ? ValueType::kScalar : ValueType::kVector;
}

Status CheckSigned(const TokenStream& words, const Node& operand) {
  if (operand.type == ValueType::kScalar || operand.type == ValueType::kVector) return OkStatus();
  return words.Error(operand.begin,
                     fmt::format("a sign goes before a scalar or an instant vector, not {}",
                                 TypeName(operand.type)));
}

Status CheckCall(const TokenStream& words, const Call& call, size_t begin) {
  const Function& function = *call.function;
  const size_t given = call.arguments.size();
  const size_t most = function.arguments.size();
  const bool repeats = function.optional == Function::kRepeats;
  const size_t least = most - (repeats ? 1 : static_cast<size_t>(function.optional));
  if (given < least || (given > most && !repeats)) {
    const std::string_view bound = repeats ? "at least " : least < most ? "at most " : "";
    return words.Error(begin, fmt::format("'{}' takes {}{} argument{}, not {}", function.name,
                                          bound, repeats ? least : most,
                                          (repeats ? least : most) == 1 ? "" : "s", given));
  }
  for (size_t i = 0; i < given; ++i) {
    FW_RETURN_IF_ERROR(CheckArgument(words, *call.arguments[i],
                                     function.arguments[std::min(i, most - 1)], function.name));
  }
  return OkStatus();
}

Status CheckArgument(const TokenStream& words, const Node& argument, ValueType wanted,
                     std::string_view of) {
  if (argument.type == wanted) return OkStatus();
  std::string_view hint;
  if (wanted == ValueType::kMatrix && argument.type == ValueType::kVector) {
    hint = "; add a range such as [5m]";
  }
  return words.Error(argument.begin, fmt::format("'{}' needs {} here, not {}{}", of,
                                                 TypeName(wanted), TypeName(argument.type), hint));
}

Status UnknownFunction(const TokenStream& words, const Token& name) {
  std::vector<std::string_view> known(FunctionNames().begin(), FunctionNames().end());
  for (auto kind = TokenKind::kSum; kind <= TokenKind::kCountValues;
       kind = static_cast<TokenKind>(static_cast<int>(kind) + 1)) {
    known.push_back(Spelling(kind));
  }
  return words.Error(name.begin, fmt::format("unknown function '{}'{}", name.text.substr(0, 60),
                                             Suggest(name.text, known)));
}

}  // namespace forewarn::promql
