// Reads PromQL by recursive descent and checks types on the way, so that the first error has its
// place.
//
// Binary operators, weakest first, all binding to the left but the last:
//   or | and unless | == != < <= > >= | + - | * / % atan2 | ^
// A sign binds like *, so -1 ^ 2 is -(1 ^ 2). Ranges, subqueries, `offset` and `@` bind strongest.

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/lexer.h"
#include "rules/promql/parse_selector.h"
#include "rules/promql/promql.h"
#include "rules/promql/token_stream.h"
#include "rules/promql/type_check.h"

namespace forewarn::promql {
namespace {

class Parser {
 public:
  // What its matchers cost is added to `cost`, a loan.
  Parser(std::string_view text, std::vector<Token> tokens, MatcherCost& cost)
      : words_(text, std::move(tokens)), cost_(cost) {}

  StatusOr<NodePtr> Run() {
    if (words_.Peek().kind == TokenKind::kEnd)
      return words_.Error(words_.Peek().begin, "the expression is empty");
    FW_ASSIGN_OR_RETURN(NodePtr root, ParseBinary(1));
    if (words_.Peek().kind != TokenKind::kEnd) {
      return words_.Error(words_.Peek().begin,
                          fmt::format("unexpected {} after the expression{}",
                                      Describe(words_.Peek()), Hint(words_.Peek())));
    }
    return root;
  }

 private:
  // --- nodes ---

  template <typename Body>
  StatusOr<NodePtr> Make(Body body, ValueType type, size_t begin) {
    auto node = std::make_shared<Node>();
    node->body = std::move(body);
    node->type = type;
    node->begin = begin;
    node->end = words_.LastEnd();
    for (const Node* child : Children(*node)) {
      node->depth = std::max(node->depth, child->depth + 1);
      node->height = std::max(node->height, child->height + 1);
    }
    if (const auto* binary = As<Binary>(*node);
        binary != nullptr && As<Binary>(*binary->left) != nullptr) {
      node->depth = std::max(binary->left->depth, binary->right->depth + 1);
    }
    if (node->depth > kMaxDepth) return TooDeep(begin);
    if (node->height > kMaxHeight) {
      return words_.Error(
          words_.Peek().begin,
          fmt::format("the expression has more than {} operators in a row; split it with recording "
                      "rules",
                      kMaxHeight));
    }
    return NodePtr(std::move(node));
  }

  Status TooDeep(size_t at) const {
    return words_.Error(
        at, fmt::format("the expression is nested more than {} levels deep; split it with "
                        "recording rules",
                        kMaxDepth));
  }

  // --- operators ---

  // Every way down into the text passes here, so here its depth is bounded.
  StatusOr<NodePtr> ParseBinary(int weakest) {
    if (++nesting_ > kMaxDepth) return TooDeep(words_.Peek().begin);
    FW_ASSIGN_OR_RETURN(NodePtr left, ParseUnary());
    while (true) {
      const Token& op = words_.Peek();
      const int precedence = Precedence(op.kind);
      if (precedence == 0 || precedence < weakest) {
        --nesting_;
        return left;
      }
      words_.Take();
      Binary binary;
      binary.op = op.kind;
      FW_RETURN_IF_ERROR(ParseModifiers(binary));
      const bool to_the_right = op.kind == TokenKind::kPow;
      FW_ASSIGN_OR_RETURN(NodePtr right, ParseBinary(to_the_right ? precedence : precedence + 1));
      binary.left = std::move(left);
      binary.right = std::move(right);
      FW_ASSIGN_OR_RETURN(left, MakeBinary(std::move(binary), op.begin));
    }
  }

  Status ParseModifiers(Binary& binary) {
    const size_t begin = words_.Peek().begin;
    if (words_.TakeIf(TokenKind::kBool)) {
      binary.returns_bool = true;
      if (!IsComparison(binary.op)) {
        return words_.Error(begin, "the bool modifier goes with comparisons only");
      }
    }
    Matching& matching = binary.matching;
    if (words_.Peek().kind != TokenKind::kOn && words_.Peek().kind != TokenKind::kIgnoring)
      return OkStatus();
    matching.on = words_.Take().kind == TokenKind::kOn;
    FW_ASSIGN_OR_RETURN(matching.labels, ParseLabelList(words_));
    const TokenKind group = words_.Peek().kind;
    if (group != TokenKind::kGroupLeft && group != TokenKind::kGroupRight) return OkStatus();
    const size_t group_begin = words_.Take().begin;
    matching.cardinality =
        group == TokenKind::kGroupLeft ? Cardinality::kManyToOne : Cardinality::kOneToMany;
    if (words_.Peek().kind == TokenKind::kLeftParen) {
      FW_ASSIGN_OR_RETURN(matching.include, ParseLabelList(words_));
    }
    if (IsSetOperator(binary.op)) {
      return words_.Error(group_begin,
                          fmt::format("'{}' takes no {}: set operations are always many-to-many",
                                      Spelling(binary.op), Spelling(group)));
    }
    for (const std::string& label : matching.include) {
      if (matching.on && std::ranges::find(matching.labels, label) != matching.labels.end()) {
        return words_.Error(group_begin, fmt::format("label '{}' must not be in both on and {}",
                                                     label, Spelling(group)));
      }
    }
    return OkStatus();
  }

  StatusOr<NodePtr> MakeBinary(Binary binary, size_t op_begin) {
    FW_ASSIGN_OR_RETURN(const ValueType type, CheckBinary(words_, binary, op_begin));
    const size_t begin = binary.left->begin;
    return Make(std::move(binary), type, begin);
  }

  StatusOr<NodePtr> ParseUnary() {
    const Token& sign = words_.Peek();
    if (sign.kind != TokenKind::kAdd && sign.kind != TokenKind::kSub) return ParsePostfix();
    words_.Take();
    FW_ASSIGN_OR_RETURN(NodePtr operand, ParseBinary(kSignPrecedence + 1));
    const bool negative = sign.kind == TokenKind::kSub;
    if (const auto* number = As<Number>(*operand)) {
      return Make(Number{negative ? -number->value : number->value}, ValueType::kScalar,
                  sign.begin);
    }
    FW_RETURN_IF_ERROR(CheckSigned(words_, *operand));
    const ValueType type = operand->type;
    return Make(Unary{negative, std::move(operand)}, type, sign.begin);
  }

  // --- what follows a primary ---

  StatusOr<NodePtr> ParsePostfix() {
    FW_ASSIGN_OR_RETURN(NodePtr node, ParsePrimary());
    while (true) {
      switch (words_.Peek().kind) {
        case TokenKind::kLeftBracket: {
          FW_ASSIGN_OR_RETURN(node, ParseBrackets(std::move(node)));
          break;
        }
        case TokenKind::kOffset: {
          FW_ASSIGN_OR_RETURN(node, AddOffset(std::move(node)));
          break;
        }
        case TokenKind::kAt: {
          FW_ASSIGN_OR_RETURN(node, AddAt(std::move(node)));
          break;
        }
        default: return node;
      }
    }
  }

  StatusOr<NodePtr> ParseBrackets(NodePtr node) {
    const size_t bracket = words_.Take().begin;
    FW_ASSIGN_OR_RETURN(const Duration range, ParseLength(words_, "a range"));
    if (words_.TakeIf(TokenKind::kColon)) {
      Subquery subquery;
      subquery.range = range;
      if (words_.Peek().kind != TokenKind::kRightBracket) {
        FW_ASSIGN_OR_RETURN(subquery.step, ParseLength(words_, "the step of a subquery"));
      }
      FW_RETURN_IF_ERROR(words_.Expect(TokenKind::kRightBracket, "at the end of the subquery"));
      if (node->type != ValueType::kVector) {
        return words_.Error(node->begin, fmt::format("a subquery needs an instant vector, not {}",
                                                     TypeName(node->type)));
      }
      const size_t begin = node->begin;
      subquery.expression = std::move(node);
      return Make(std::move(subquery), ValueType::kMatrix, begin);
    }
    FW_RETURN_IF_ERROR(words_.Expect(TokenKind::kRightBracket, "at the end of the range"));
    const auto* selector = As<Selector>(*node);
    if (selector == nullptr || selector->range.count() > 0) {
      return words_.Error(bracket,
                          "a range goes after a selector only; for other expressions write a "
                          "subquery such as [5m:1m]");
    }
    if (selector->shift != Shift{}) {
      return words_.Error(bracket, "write the range before offset and @");
    }
    Selector ranged = *selector;
    ranged.range = range;
    return Make(std::move(ranged), ValueType::kMatrix, node->begin);
  }

  // The node again, with another shift.
  StatusOr<NodePtr> WithShift(const NodePtr& node, Shift shift) {
    if (const auto* selector = As<Selector>(*node)) {
      Selector shifted = *selector;
      shifted.shift = shift;
      return Make(std::move(shifted), node->type, node->begin);
    }
    Subquery shifted = *As<Subquery>(*node);
    shifted.shift = shift;
    return Make(std::move(shifted), node->type, node->begin);
  }

  static const Shift* ShiftOf(const Node& node) {
    if (const auto* selector = As<Selector>(node)) return &selector->shift;
    if (const auto* subquery = As<Subquery>(node)) return &subquery->shift;
    return nullptr;
  }

  StatusOr<NodePtr> AddOffset(NodePtr node) {
    const size_t begin = words_.Peek().begin;
    FW_ASSIGN_OR_RETURN(const Duration offset, ParseOffset(words_));
    const Shift* old = ShiftOf(*node);
    if (old == nullptr) {
      return words_.Error(begin, "offset goes after a selector or a subquery only");
    }
    if (old->offset.count() != 0) return words_.Error(begin, "offset is given twice");
    return WithShift(node, Shift{offset, old->at});
  }

  StatusOr<NodePtr> AddAt(NodePtr node) {
    const size_t begin = words_.Peek().begin;
    FW_ASSIGN_OR_RETURN(const AtModifier at, ParseAt(words_));
    const Shift* old = ShiftOf(*node);
    if (old == nullptr) return words_.Error(begin, "@ goes after a selector or a subquery only");
    if (old->at.has_value()) return words_.Error(begin, "@ is given twice");
    return WithShift(node, Shift{old->offset, at});
  }

  // --- primaries ---

  StatusOr<NodePtr> ParsePrimary() {
    const Token& token = words_.Peek();
    const bool call_follows = words_.Peek(1).kind == TokenKind::kLeftParen;
    switch (token.kind) {
      case TokenKind::kNumber:
        words_.Take();
        return Make(Number{token.number}, ValueType::kScalar, token.begin);
      case TokenKind::kString:
        words_.Take();
        return Make(String{token.text}, ValueType::kString, token.begin);
      case TokenKind::kLeftParen: return ParseParen();
      case TokenKind::kLeftBrace: return MakeSelector();
      case TokenKind::kIdentifier: return call_follows ? ParseCall() : MakeSelector();
      default: break;
    }
    if (IsAggregation(token.kind)) {
      const TokenKind next = words_.Peek(1).kind;
      if (call_follows || next == TokenKind::kBy || next == TokenKind::kWithout) {
        return ParseAggregate();
      }
    }
    if (MayNameMetric(token.kind)) return MakeSelector();
    return words_.Unexpected("a metric, a function, a number or '('");
  }

  StatusOr<NodePtr> ParseParen() {
    const size_t begin = words_.Take().begin;
    FW_ASSIGN_OR_RETURN(NodePtr inner, ParseBinary(1));
    FW_RETURN_IF_ERROR(words_.Expect(TokenKind::kRightParen, "to match the opening one"));
    const ValueType type = inner->type;
    return Make(Paren{std::move(inner)}, type, begin);
  }

  StatusOr<NodePtr> MakeSelector() {
    const size_t begin = words_.Peek().begin;
    FW_ASSIGN_OR_RETURN(Selector selector, ParseSelector(words_, cost_));
    return Make(std::move(selector), ValueType::kVector, begin);
  }

  StatusOr<std::vector<NodePtr>> ParseArguments() {
    std::vector<NodePtr> arguments;
    FW_RETURN_IF_ERROR(words_.Expect(TokenKind::kLeftParen, "before the arguments"));
    while (!words_.TakeIf(TokenKind::kRightParen)) {
      FW_ASSIGN_OR_RETURN(NodePtr argument, ParseBinary(1));
      arguments.push_back(std::move(argument));
      if (words_.Peek().kind == TokenKind::kRightParen) continue;
      if (words_.Peek().kind != TokenKind::kComma)
        return words_.Unexpected("',' or ')' after an argument");
      words_.Take();
      if (words_.Peek().kind == TokenKind::kRightParen) {
        return words_.Error(words_.Peek().begin, "a comma before ')' is not allowed");
      }
    }
    return arguments;
  }

  StatusOr<NodePtr> ParseCall() {
    const Token& name = words_.Take();
    const Function* function = FindFunction(name.text);
    if (function == nullptr) return UnknownFunction(words_, name);
    Call call;
    call.function = function;
    FW_ASSIGN_OR_RETURN(call.arguments, ParseArguments());
    FW_RETURN_IF_ERROR(CheckCall(words_, call, name.begin));
    return Make(std::move(call), function->returns, name.begin);
  }

  Status ParseGrouping(Aggregate& aggregate) {
    aggregate.without = words_.Take().kind == TokenKind::kWithout;
    FW_ASSIGN_OR_RETURN(aggregate.grouping, ParseLabelList(words_));
    return OkStatus();
  }
  bool GroupingFollows() const {
    return words_.Peek().kind == TokenKind::kBy || words_.Peek().kind == TokenKind::kWithout;
  }

  StatusOr<NodePtr> ParseAggregate() {
    const Token& op = words_.Take();
    Aggregate aggregate;
    aggregate.op = op.kind;
    const bool before = GroupingFollows();
    if (before) FW_RETURN_IF_ERROR(ParseGrouping(aggregate));
    FW_ASSIGN_OR_RETURN(std::vector<NodePtr> arguments, ParseArguments());
    if (!before && GroupingFollows()) FW_RETURN_IF_ERROR(ParseGrouping(aggregate));

    const std::string_view name = Spelling(op.kind);
    const size_t wanted = TakesParameter(op.kind) ? 2 : 1;
    if (arguments.size() != wanted) {
      return words_.Error(op.begin, fmt::format("'{}' takes {} argument{}, not {}", name, wanted,
                                                wanted == 1 ? "" : "s", arguments.size()));
    }
    if (TakesParameter(op.kind)) {
      const bool text = op.kind == TokenKind::kCountValues;
      FW_RETURN_IF_ERROR(CheckArgument(words_, *arguments[0],
                                       text ? ValueType::kString : ValueType::kScalar, name));
      aggregate.parameter = arguments[0];
    }
    FW_RETURN_IF_ERROR(CheckArgument(words_, *arguments.back(), ValueType::kVector, name));
    aggregate.expression = arguments.back();
    return Make(std::move(aggregate), ValueType::kVector, op.begin);
  }

  TokenStream words_;
  MatcherCost& cost_;
  int nesting_ = 0;  // calls of ParseBinary that have not returned
};

StatusOr<Expression> ParseAtCost(std::string_view text, MatcherCost& cost) {
  FW_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  FW_ASSIGN_OR_RETURN(NodePtr root, Parser(text, std::move(tokens), cost).Run());
  return Expression(std::move(root));
}

}  // namespace

StatusOr<Expression> Parse(std::string_view text) {
  MatcherCost cost;
  return ParseAtCost(text, cost);
}

StatusOr<Matchers> ParseMatchers(std::string_view selector) {
  FW_ASSIGN_OR_RETURN(std::vector<Matchers> one, ParseSelectors({std::string(selector)}));
  return std::move(one.front());
}

StatusOr<std::vector<Matchers>> ParseSelectors(const std::vector<std::string>& selectors) {
  std::vector<Matchers> result;
  MatcherCost cost;
  for (const std::string& selector : selectors) {
    FW_ASSIGN_OR_RETURN(Expression expression, ParseAtCost(selector, cost));
    const auto* found = As<Selector>(expression.root());
    if (found == nullptr || found->range != Duration(0) || found->shift.offset != Duration(0) ||
        found->shift.at.has_value()) {
      return InvalidArgument("a selector is wanted, such as up{job=\"node\"}");
    }
    result.push_back(found->matchers);
  }
  return result;
}

}  // namespace forewarn::promql
