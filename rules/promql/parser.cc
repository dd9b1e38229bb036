// Reads PromQL by recursive descent and checks types on the way, so that the first error has its
// place.
//
// Binary operators, weakest first, all binding to the left but the last:
//   or | and unless | == != < <= > >= | + - | * / % atan2 | ^
// A sign binds like *, so -1 ^ 2 is -(1 ^ 2). Ranges, subqueries, `offset` and `@` bind strongest.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/units.h"
#include "rules/promql/ast.h"
#include "rules/promql/lexer.h"
#include "rules/promql/position.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

constexpr int kSignPrecedence = 5;

// 0 for what is no binary operator.
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

bool IsKeyword(TokenKind kind) {
  return kind == TokenKind::kAtan2 || kind == TokenKind::kAnd || kind == TokenKind::kOr ||
         kind == TokenKind::kUnless || kind >= TokenKind::kSum;
}

// Keywords that may name a metric, as in Prometheus' grammar.
bool MayNameMetric(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier: return true;
    case TokenKind::kAtan2:
    case TokenKind::kBool:
    case TokenKind::kOn:
    case TokenKind::kIgnoring:
    case TokenKind::kGroupLeft:
    case TokenKind::kGroupRight: return false;
    default: return IsKeyword(kind);
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  StatusOr<NodePtr> Run() {
    if (Peek().kind == TokenKind::kEnd) return Error(Peek().begin, "the expression is empty");
    FW_ASSIGN_OR_RETURN(NodePtr root, ParseBinary(1));
    if (Peek().kind != TokenKind::kEnd) {
      return Error(Peek().begin,
                   fmt::format("unexpected {} after the expression", Describe(Peek())));
    }
    return root;
  }

 private:
  // --- words ---

  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() {
    const Token& token = Peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool TakeIf(TokenKind kind) {
    if (Peek().kind != kind) return false;
    Take();
    return true;
  }
  size_t LastEnd() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

  Status Error(size_t at, std::string_view message) const { return ErrorAt(text_, at, message); }
  Status Error(const NodePtr& node, std::string_view message) const {
    return Error(node->begin, message);
  }
  Status Unexpected(std::string_view wanted) const {
    return Error(Peek().begin, fmt::format("unexpected {}, expected {}", Describe(Peek()), wanted));
  }
  Status Expect(TokenKind kind, std::string_view where) {
    if (TakeIf(kind)) return OkStatus();
    return Unexpected(fmt::format("'{}' {}", Spelling(kind), where));
  }

  // --- nodes ---

  template <typename Body>
  StatusOr<NodePtr> Make(Body body, ValueType type, size_t begin) {
    auto node = std::make_shared<Node>();
    node->body = std::move(body);
    node->type = type;
    node->begin = begin;
    node->end = LastEnd();
    for (const Node* child : Children(*node)) node->depth = std::max(node->depth, child->depth + 1);
    if (node->depth > kMaxDepth) return TooDeep(begin);
    return NodePtr(std::move(node));
  }

  Status TooDeep(size_t at) const {
    return Error(at, fmt::format("the expression is nested more than {} levels deep; split it with "
                                 "recording rules",
                                 kMaxDepth));
  }

  // --- operators ---

  // Every way down into the text passes here, so here its depth is bounded.
  StatusOr<NodePtr> ParseBinary(int weakest) {
    if (++nesting_ > kMaxDepth) return TooDeep(Peek().begin);
    FW_ASSIGN_OR_RETURN(NodePtr left, ParseUnary());
    while (true) {
      const Token& op = Peek();
      const int precedence = Precedence(op.kind);
      if (precedence == 0 || precedence < weakest) {
        --nesting_;
        return left;
      }
      Take();
      Binary binary;
      binary.op = op.kind;
      FW_RETURN_IF_ERROR(ParseModifiers(binary));
      const bool to_the_right = op.kind == TokenKind::kPow;
      FW_ASSIGN_OR_RETURN(NodePtr right, ParseBinary(to_the_right ? precedence : precedence + 1));
      binary.left = std::move(left);
      binary.right = std::move(right);
      FW_ASSIGN_OR_RETURN(left, CheckBinary(std::move(binary), op.begin));
    }
  }

  Status ParseModifiers(Binary& binary) {
    const size_t begin = Peek().begin;
    if (TakeIf(TokenKind::kBool)) {
      binary.returns_bool = true;
      if (!IsComparison(binary.op)) {
        return Error(begin, "the bool modifier goes with comparisons only");
      }
    }
    Matching& matching = binary.matching;
    if (Peek().kind != TokenKind::kOn && Peek().kind != TokenKind::kIgnoring) return OkStatus();
    matching.on = Take().kind == TokenKind::kOn;
    FW_ASSIGN_OR_RETURN(matching.labels, ParseLabelList());
    const TokenKind group = Peek().kind;
    if (group != TokenKind::kGroupLeft && group != TokenKind::kGroupRight) return OkStatus();
    const size_t group_begin = Take().begin;
    matching.cardinality =
        group == TokenKind::kGroupLeft ? Cardinality::kManyToOne : Cardinality::kOneToMany;
    if (Peek().kind == TokenKind::kLeftParen) {
      FW_ASSIGN_OR_RETURN(matching.include, ParseLabelList());
    }
    if (IsSetOperator(binary.op)) {
      return Error(group_begin,
                   fmt::format("'{}' takes no {}: set operations are always many-to-many",
                               Spelling(binary.op), Spelling(group)));
    }
    for (const std::string& label : matching.include) {
      if (matching.on && std::ranges::find(matching.labels, label) != matching.labels.end()) {
        return Error(group_begin, fmt::format("label '{}' must not be in both on and {}", label,
                                              Spelling(group)));
      }
    }
    return OkStatus();
  }

  StatusOr<NodePtr> CheckBinary(Binary binary, size_t op_begin) {
    for (const NodePtr& side : {binary.left, binary.right}) {
      if (side->type != ValueType::kScalar && side->type != ValueType::kVector) {
        return Error(side, fmt::format("'{}' needs scalars or instant vectors, not {}",
                                       Spelling(binary.op), TypeName(side->type)));
      }
    }
    const bool left_is_scalar = binary.left->type == ValueType::kScalar;
    const bool right_is_scalar = binary.right->type == ValueType::kScalar;
    if (IsSetOperator(binary.op) && (left_is_scalar || right_is_scalar)) {
      return Error(op_begin,
                   fmt::format("'{}' needs an instant vector on both sides; vector() makes "
                               "one of a scalar",
                               Spelling(binary.op)));
    }
    if (IsComparison(binary.op) && !binary.returns_bool && left_is_scalar && right_is_scalar) {
      return Error(op_begin,
                   fmt::format("a comparison of two scalars needs the bool modifier: '{} bool'",
                               Spelling(binary.op)));
    }
    if (left_is_scalar || right_is_scalar) {
      if (!binary.matching.labels.empty()) {
        return Error(op_begin, "on and ignoring go between two instant vectors only");
      }
      binary.matching = {};
    }
    const ValueType type =
        left_is_scalar && right_is_scalar ? ValueType::kScalar : ValueType::kVector;
    const size_t begin = binary.left->begin;
    return Make(std::move(binary), type, begin);
  }

  StatusOr<NodePtr> ParseUnary() {
    const Token& sign = Peek();
    if (sign.kind != TokenKind::kAdd && sign.kind != TokenKind::kSub) return ParsePostfix();
    Take();
    FW_ASSIGN_OR_RETURN(NodePtr operand, ParseBinary(kSignPrecedence + 1));
    const bool negative = sign.kind == TokenKind::kSub;
    if (const auto* number = As<Number>(*operand)) {
      return Make(Number{negative ? -number->value : number->value}, ValueType::kScalar,
                  sign.begin);
    }
    const ValueType type = operand->type;
    if (type != ValueType::kScalar && type != ValueType::kVector) {
      return Error(operand, fmt::format("a sign goes before a scalar or an instant vector, not {}",
                                        TypeName(type)));
    }
    return Make(Unary{negative, std::move(operand)}, type, sign.begin);
  }

  // --- what follows a primary ---

  StatusOr<NodePtr> ParsePostfix() {
    FW_ASSIGN_OR_RETURN(NodePtr node, ParsePrimary());
    while (true) {
      switch (Peek().kind) {
        case TokenKind::kLeftBracket: {
          FW_ASSIGN_OR_RETURN(node, ParseBrackets(std::move(node)));
          break;
        }
        case TokenKind::kOffset: {
          FW_ASSIGN_OR_RETURN(node, ParseOffset(std::move(node)));
          break;
        }
        case TokenKind::kAt: {
          FW_ASSIGN_OR_RETURN(node, ParseAt(std::move(node)));
          break;
        }
        default: return node;
      }
    }
  }

  StatusOr<Duration> ParseDurationToken(std::string_view what) {
    const Token& token = Peek();
    if (token.kind == TokenKind::kNumber) {
      return Error(token.begin, fmt::format("{} needs a unit, such as {}s or {}m", what, token.text,
                                            token.text));
    }
    if (token.kind != TokenKind::kDuration) {
      return Unexpected(fmt::format("{}, a duration such as 5m", what));
    }
    Take();
    StatusOr<Duration> duration = ParseDuration(token.text);
    if (!duration.ok()) return Error(token.begin, duration.status().message());
    if (duration->count() <= 0) {
      return Error(token.begin, fmt::format("{} must be longer than 0", what));
    }
    if (*duration > kLongestDuration) {
      return Error(token.begin, fmt::format("{} must not be longer than 292y", what));
    }
    return duration;
  }

  StatusOr<NodePtr> ParseBrackets(NodePtr node) {
    const size_t bracket = Take().begin;
    FW_ASSIGN_OR_RETURN(const Duration range, ParseDurationToken("a range"));
    if (TakeIf(TokenKind::kColon)) {
      Subquery subquery;
      subquery.range = range;
      if (Peek().kind != TokenKind::kRightBracket) {
        FW_ASSIGN_OR_RETURN(subquery.step, ParseDurationToken("the step of a subquery"));
      }
      FW_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "at the end of the subquery"));
      if (node->type != ValueType::kVector) {
        return Error(
            node, fmt::format("a subquery needs an instant vector, not {}", TypeName(node->type)));
      }
      const size_t begin = node->begin;
      subquery.expression = std::move(node);
      return Make(std::move(subquery), ValueType::kMatrix, begin);
    }
    FW_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "at the end of the range"));
    const auto* selector = As<Selector>(*node);
    if (selector == nullptr || selector->range.count() > 0) {
      return Error(bracket,
                   "a range goes after a selector only; for other expressions write a "
                   "subquery such as [5m:1m]");
    }
    if (selector->shift != Shift{}) {
      return Error(bracket, "write the range before offset and @");
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

  StatusOr<NodePtr> ParseOffset(NodePtr node) {
    const size_t begin = Take().begin;
    const bool ahead = TakeIf(TokenKind::kSub);
    FW_ASSIGN_OR_RETURN(const Duration offset, ParseDurationToken("an offset"));
    const Shift* old = ShiftOf(*node);
    if (old == nullptr) {
      return Error(begin, "offset goes after a selector or a subquery only");
    }
    if (old->offset.count() != 0) return Error(begin, "offset is given twice");
    return WithShift(node, Shift{ahead ? -offset : offset, old->at});
  }

  StatusOr<NodePtr> ParseAt(NodePtr node) {
    const size_t begin = Take().begin;
    AtModifier at;
    if (Peek().kind == TokenKind::kStart || Peek().kind == TokenKind::kFinish) {
      at.kind =
          Take().kind == TokenKind::kStart ? AtModifier::Kind::kStart : AtModifier::Kind::kEnd;
      FW_RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, "after @ start or @ end"));
      FW_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "after @ start( or @ end("));
    } else {
      const bool negative = Peek().kind == TokenKind::kSub;
      if (negative || Peek().kind == TokenKind::kAdd) Take();
      if (Peek().kind != TokenKind::kNumber) {
        return Unexpected("seconds since 1970, start() or end() after @");
      }
      const double seconds = Take().number * (negative ? -1 : 1);
      // Up to the year 33658, where a double still tells milliseconds apart.
      if (!(std::abs(seconds) < 1e12)) return Error(begin, "the time after @ is out of bounds");
      at.fixed = FromMillis(std::llround(seconds * 1000));
    }
    const Shift* old = ShiftOf(*node);
    if (old == nullptr) return Error(begin, "@ goes after a selector or a subquery only");
    if (old->at.has_value()) return Error(begin, "@ is given twice");
    return WithShift(node, Shift{old->offset, at});
  }

  // --- primaries ---

  StatusOr<NodePtr> ParsePrimary() {
    const Token& token = Peek();
    const bool call_follows = Peek(1).kind == TokenKind::kLeftParen;
    switch (token.kind) {
      case TokenKind::kNumber:
        Take();
        return Make(Number{token.number}, ValueType::kScalar, token.begin);
      case TokenKind::kString:
        Take();
        return Make(String{token.text}, ValueType::kString, token.begin);
      case TokenKind::kLeftParen: return ParseParen();
      case TokenKind::kLeftBrace: return ParseSelector();
      case TokenKind::kIdentifier: return call_follows ? ParseCall() : ParseSelector();
      default: break;
    }
    if (IsAggregation(token.kind)) {
      const TokenKind next = Peek(1).kind;
      if (call_follows || next == TokenKind::kBy || next == TokenKind::kWithout) {
        return ParseAggregate();
      }
    }
    if (MayNameMetric(token.kind)) return ParseSelector();
    return Unexpected("a metric, a function, a number or '('");
  }

  StatusOr<NodePtr> ParseParen() {
    const size_t begin = Take().begin;
    FW_ASSIGN_OR_RETURN(NodePtr inner, ParseBinary(1));
    FW_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "to match the opening one"));
    const ValueType type = inner->type;
    return Make(Paren{std::move(inner)}, type, begin);
  }

  StatusOr<std::string> ParseLabel() {
    const Token& token = Peek();
    const bool word = token.kind == TokenKind::kIdentifier || IsKeyword(token.kind);
    if (!word || !IsLabelName(token.text)) return Unexpected("a label name");
    return Take().text;
  }

  StatusOr<std::vector<std::string>> ParseLabelList() {
    std::vector<std::string> labels;
    FW_RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, "before a list of labels"));
    while (!TakeIf(TokenKind::kRightParen)) {
      FW_ASSIGN_OR_RETURN(std::string label, ParseLabel());
      labels.push_back(std::move(label));
      if (Peek().kind != TokenKind::kRightParen) {
        FW_RETURN_IF_ERROR(Expect(TokenKind::kComma, "between labels"));
      }
    }
    return labels;
  }

  StatusOr<NodePtr> ParseSelector() {
    Selector selector;
    const size_t begin = Peek().begin;
    if (Peek().kind != TokenKind::kLeftBrace) {
      selector.name = Take().text;
      selector.matchers.push_back(Matcher::Equal(std::string(kMetricName), selector.name));
    }
    if (TakeIf(TokenKind::kLeftBrace)) {
      while (!TakeIf(TokenKind::kRightBrace)) {
        const size_t label_begin = Peek().begin;
        FW_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher());
        if (!selector.name.empty() && matcher.name() == kMetricName) {
          return Error(label_begin, fmt::format("the metric's name is given twice, first as '{}'",
                                                selector.name));
        }
        selector.matchers.push_back(std::move(matcher));
        if (Peek().kind != TokenKind::kRightBrace) {
          FW_RETURN_IF_ERROR(Expect(TokenKind::kComma, "or '}' after a matcher"));
        }
      }
    }
    if (std::ranges::all_of(selector.matchers, [](const Matcher& m) { return m.Matches(""); })) {
      return Error(begin,
                   "a selector needs at least one matcher that does not match the empty value");
    }
    return Make(std::move(selector), ValueType::kVector, begin);
  }

  StatusOr<Matcher> ParseMatcher() {
    FW_ASSIGN_OR_RETURN(std::string label, ParseLabel());
    Matcher::Kind kind{};
    switch (Peek().kind) {
      case TokenKind::kAssign: kind = Matcher::Kind::kEqual; break;
      case TokenKind::kNotEqual: kind = Matcher::Kind::kNotEqual; break;
      case TokenKind::kRegexMatch: kind = Matcher::Kind::kRegex; break;
      case TokenKind::kRegexNotMatch: kind = Matcher::Kind::kNotRegex; break;
      default: return Unexpected("one of = != =~ !~");
    }
    Take();
    if (Peek().kind != TokenKind::kString) return Unexpected("a quoted value");
    const Token& value = Take();
    StatusOr<Matcher> matcher = Matcher::Make(kind, std::move(label), value.text);
    if (!matcher.ok()) return Error(value.begin, matcher.status().message());
    return matcher;
  }

  StatusOr<std::vector<NodePtr>> ParseArguments() {
    std::vector<NodePtr> arguments;
    FW_RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, "before the arguments"));
    while (!TakeIf(TokenKind::kRightParen)) {
      FW_ASSIGN_OR_RETURN(NodePtr argument, ParseBinary(1));
      arguments.push_back(std::move(argument));
      if (Peek().kind == TokenKind::kRightParen) continue;
      if (Peek().kind != TokenKind::kComma) return Unexpected("',' or ')' after an argument");
      Take();
      if (Peek().kind == TokenKind::kRightParen) {
        return Error(Peek().begin, "a comma before ')' is not allowed");
      }
    }
    return arguments;
  }

  Status CheckArgument(const NodePtr& argument, ValueType wanted, std::string_view of) const {
    if (argument->type == wanted) return OkStatus();
    std::string_view hint;
    if (wanted == ValueType::kMatrix && argument->type == ValueType::kVector) {
      hint = "; add a range such as [5m]";
    }
    return Error(argument, fmt::format("'{}' needs {} here, not {}{}", of, TypeName(wanted),
                                       TypeName(argument->type), hint));
  }

  StatusOr<NodePtr> ParseCall() {
    const Token& name = Take();
    const Function* function = FindFunction(name.text);
    if (function == nullptr) {
      std::vector<std::string_view> known(FunctionNames().begin(), FunctionNames().end());
      for (auto kind = TokenKind::kSum; kind <= TokenKind::kCountValues;
           kind = static_cast<TokenKind>(static_cast<int>(kind) + 1)) {
        known.push_back(Spelling(kind));
      }
      return Error(name.begin, fmt::format("unknown function '{}'{}", name.text.substr(0, 60),
                                           Suggest(name.text, known)));
    }
    Call call;
    call.function = function;
    FW_ASSIGN_OR_RETURN(call.arguments, ParseArguments());

    const size_t given = call.arguments.size();
    const size_t most = function->arguments.size();
    const bool repeats = function->optional == Function::kRepeats;
    const size_t least = most - (repeats ? 1 : static_cast<size_t>(function->optional));
    if (given < least || (given > most && !repeats)) {
      const std::string_view bound = repeats ? "at least " : least < most ? "at most " : "";
      return Error(name.begin, fmt::format("'{}' takes {}{} argument{}, not {}", function->name,
                                           bound, repeats ? least : most,
                                           (repeats ? least : most) == 1 ? "" : "s", given));
    }
    for (size_t i = 0; i < given; ++i) {
      FW_RETURN_IF_ERROR(CheckArgument(call.arguments[i],
                                       function->arguments[std::min(i, most - 1)], function->name));
    }
    return Make(std::move(call), function->returns, name.begin);
  }

  Status ParseGrouping(Aggregate& aggregate) {
    aggregate.without = Take().kind == TokenKind::kWithout;
    FW_ASSIGN_OR_RETURN(aggregate.grouping, ParseLabelList());
    return OkStatus();
  }
  bool GroupingFollows() const {
    return Peek().kind == TokenKind::kBy || Peek().kind == TokenKind::kWithout;
  }

  StatusOr<NodePtr> ParseAggregate() {
    const Token& op = Take();
    Aggregate aggregate;
    aggregate.op = op.kind;
    const bool before = GroupingFollows();
    if (before) FW_RETURN_IF_ERROR(ParseGrouping(aggregate));
    FW_ASSIGN_OR_RETURN(std::vector<NodePtr> arguments, ParseArguments());
    if (!before && GroupingFollows()) FW_RETURN_IF_ERROR(ParseGrouping(aggregate));

    const std::string_view name = Spelling(op.kind);
    const size_t wanted = TakesParameter(op.kind) ? 2 : 1;
    if (arguments.size() != wanted) {
      return Error(op.begin, fmt::format("'{}' takes {} argument{}, not {}", name, wanted,
                                         wanted == 1 ? "" : "s", arguments.size()));
    }
    if (TakesParameter(op.kind)) {
      const bool text = op.kind == TokenKind::kCountValues;
      FW_RETURN_IF_ERROR(
          CheckArgument(arguments[0], text ? ValueType::kString : ValueType::kScalar, name));
      aggregate.parameter = arguments[0];
    }
    FW_RETURN_IF_ERROR(CheckArgument(arguments.back(), ValueType::kVector, name));
    aggregate.expression = arguments.back();
    return Make(std::move(aggregate), ValueType::kVector, op.begin);
  }

  // What 64-bit nanoseconds hold, as in Prometheus.
  static constexpr Duration kLongestDuration{9'223'372'036'854};

  const std::string_view text_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;  // calls of ParseBinary that have not returned
};

}  // namespace

StatusOr<Expression> Parse(std::string_view text) {
  FW_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  FW_ASSIGN_OR_RETURN(NodePtr root, Parser(text, std::move(tokens)).Run());
  return Expression(std::move(root));
}

}  // namespace forewarn::promql
