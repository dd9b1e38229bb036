#include "rules/promql/type_check.h"

#include <gmock/gmock.h>

#include <memory>
#include <utility>

namespace forewarn::promql {
namespace {

using testing::StartsWith;

const TokenStream kWords("0123456789", {Token{}});

NodePtr NodeOf(ValueType type, size_t begin = 0) {
  auto node = std::make_shared<Node>();
  node->type = type;
  node->begin = begin;
  return node;
}

Binary BinaryOf(TokenKind op, ValueType left, ValueType right) {
  Binary binary;
  binary.op = op;
  binary.left = NodeOf(left);
  binary.right = NodeOf(right, 4);
  return binary;
}

TEST(TypeCheck, GivesAScalarForScalarsAlone) {
  Binary scalars = BinaryOf(TokenKind::kAdd, ValueType::kScalar, ValueType::kScalar);
  EXPECT_EQ(*CheckBinary(kWords, scalars, 2), ValueType::kScalar);
  Binary mixed = BinaryOf(TokenKind::kAdd, ValueType::kScalar, ValueType::kVector);
  mixed.matching.on = true;
  EXPECT_EQ(*CheckBinary(kWords, mixed, 2), ValueType::kVector);
  EXPECT_FALSE(mixed.matching.on);
}

TEST(TypeCheck, RefusesOperandsThatDoNotFit) {
  Binary matrix = BinaryOf(TokenKind::kAdd, ValueType::kVector, ValueType::kMatrix);
  EXPECT_THAT(CheckBinary(kWords, matrix, 2).status().message(),
              StartsWith("1:5: '+' needs scalars"));
  Binary set = BinaryOf(TokenKind::kAnd, ValueType::kVector, ValueType::kScalar);
  EXPECT_THAT(CheckBinary(kWords, set, 2).status().message(),
              StartsWith("1:3: 'and' needs an instant"));
  Binary comparison = BinaryOf(TokenKind::kLess, ValueType::kScalar, ValueType::kScalar);
  EXPECT_THAT(CheckBinary(kWords, comparison, 2).status().message(),
              StartsWith("1:3: a comparison of two"));
  comparison.returns_bool = true;
  EXPECT_TRUE(CheckBinary(kWords, comparison, 2).ok());
  EXPECT_THAT(CheckSigned(kWords, *NodeOf(ValueType::kString, 1)).message(),
              StartsWith("1:2: a sign"));
}

TEST(TypeCheck, CountsArguments) {
  Call call;
  call.function = FindFunction("rate");
  EXPECT_THAT(CheckCall(kWords, call, 3).message(),
              StartsWith("1:4: 'rate' takes 1 argument, not 0"));
  call.arguments = {NodeOf(ValueType::kVector, 5)};
  EXPECT_THAT(
      CheckCall(kWords, call, 3).message(),
      StartsWith("1:6: 'rate' needs a range vector here, not an instant vector; add a range"));
  call.arguments = {NodeOf(ValueType::kMatrix)};
  EXPECT_TRUE(CheckCall(kWords, call, 3).ok());
}

TEST(TypeCheck, NamesTheNearestFunction) {
  Token name;
  name.text = "summ";
  EXPECT_THAT(UnknownFunction(kWords, name).message(),
              StartsWith("1:1: unknown function 'summ'; did you mean 'sum'?"));
}

}  // namespace
}  // namespace forewarn::promql
