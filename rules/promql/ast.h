#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/matcher.h"
#include "rules/promql/functions.h"
#include "rules/promql/token.h"

namespace forewarn::promql {

// The typed tree of an expression. Immutable once the parser has built it and passed its types, so
// parts are shared freely between trees and threads. No deeper than kMaxDepth and no higher than kMaxHeight: what
// keeps much on the stack for each node takes a chain of operators in a loop (Node::depth), the rest may recurse.

struct Node;
using NodePtr = std::shared_ptr<const Node>;

inline constexpr int kMaxDepth = 200;
inline constexpr int kMaxHeight = 1200;

// `@ 1700000000.5`, `@ start()`, `@ end()`.
struct AtModifier {
  enum class Kind : uint8_t { kFixed, kStart, kEnd };
  Kind kind = Kind::kFixed;
  Timestamp fixed;

  friend bool operator==(const AtModifier&, const AtModifier&) = default;
};

// `offset 5m @ 0`: where, seen from the evaluation instant, a selector or subquery looks.
struct Shift {
  Duration offset{0};  // positive looks back
  std::optional<AtModifier> at;

  friend bool operator==(const Shift&, const Shift&) = default;
};

struct Number {
  double value = 0;
};

struct String {
  std::string value;
};

// `name{label="v"}`, and with a range `name{…}[5m]`.
struct Selector {
  std::string name;   // before the braces, or empty
  Matchers matchers;  // all of them; the one for `name` comes first
  Duration range{0};  // zero for an instant vector
  Shift shift;
};

// `expression[1h:5m]`.
struct Subquery {
  NodePtr expression;
  Duration range{0};
  std::optional<Duration> step;
  Shift shift;
};

struct Paren {
  NodePtr expression;
};

struct Unary {
  bool negative = false;
  NodePtr operand;
};

enum class Cardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany };

// `on(a)`, `ignoring(b) group_left(c)`; nothing given is `ignoring()`.
struct Matching {
  bool on = false;
  std::vector<std::string> labels;
  Cardinality cardinality = Cardinality::kOneToOne;
  std::vector<std::string> include;  // labels taken over from the side that is one

  friend bool operator==(const Matching&, const Matching&) = default;
};

struct Binary {
  TokenKind op{};
  bool returns_bool = false;
  NodePtr left;
  NodePtr right;
  Matching matching;  // means something between two vectors only
};

struct Aggregate {
  TokenKind op{};
  bool without = false;
  std::vector<std::string> grouping;
  NodePtr parameter;  // of topk, bottomk, quantile and count_values; otherwise null
  NodePtr expression;
};

struct Call {
  const Function* function = nullptr;
  std::vector<NodePtr> arguments;
};

struct Node {
  std::variant<Number, String, Selector, Subquery, Paren, Unary, Binary, Aggregate, Call> body;
  ValueType type = ValueType::kScalar;
  size_t begin = 0;  // byte offsets into the text it was read from
  size_t end = 0;
  int depth =
      1;  // levels from here down; a chain of operators that bind to the left is one of them
  int height = 1;  // levels from here down, those of chains too
};

// `body` as a node of its own type; null when it is another.
template <typename T>
const T* As(const Node& node) {
  return std::get_if<T>(&node.body);
}

// The node below any parentheses.
const Node& WithoutParens(const Node& node);

// The nodes right below, from left to right.
std::vector<const Node*> Children(const Node& node);

// Whether both mean the same, letter for letter; places in the text do not count.
bool SameTree(const Node& a, const Node& b);

// Whether a list of labels, such as of by() or on(), has this one.
bool Listed(const std::vector<std::string>& labels, std::string_view name);

// How strongly a binary operator binds, and a sign; 0 for what is none.
inline constexpr int kSignPrecedence = 5;
int Precedence(TokenKind kind);
bool IsComparison(TokenKind op);
bool IsSetOperator(TokenKind op);
bool IsAggregation(TokenKind kind);
// Aggregations that take a parameter before the vector.
bool TakesParameter(TokenKind op);

}  // namespace forewarn::promql
