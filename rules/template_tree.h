#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/template_format.h"
#include "rules/template_value.h"

namespace forewarn::templates {

// A compiled template: pieces of text, terms to fill in and branches. Immutable once its types are
// checked.

// The longest template, and the longest text that one may expand to.
inline constexpr size_t kMaxText = 64 * 1024;

enum class Function {
  kHumanize,
  kHumanize1024,
  kHumanizeDuration,
  kHumanizePercentage,
  kHumanizeTimestamp,
  kToUpper,
  kToLower,
  kTitle,
  kPrintf,
  kPrint,
  kIndex,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kAnd,
  kOr,
  kNot,
};

// In the order of Function.
inline constexpr std::array<std::string_view, 20> kFunctionNames = {"humanize",
                                                                    "humanize1024",
                                                                    "humanizeDuration",
                                                                    "humanizePercentage",
                                                                    "humanizeTimestamp",
                                                                    "toUpper",
                                                                    "toLower",
                                                                    "title",
                                                                    "printf",
                                                                    "print",
                                                                    "index",
                                                                    "eq",
                                                                    "ne",
                                                                    "lt",
                                                                    "le",
                                                                    "gt",
                                                                    "ge",
                                                                    "and",
                                                                    "or",
                                                                    "not"};

struct Term {
  enum class Kind { kConstant, kValue, kLabels, kLabel, kCall };
  Kind kind = Kind::kConstant;
  Type type = Type::kText;
  Value constant;
  std::string label;
  Function function{};
  Format format;  // of printf
  std::vector<Term> arguments;
  size_t begin = 0;  // in the template
};

struct Piece;
using Pieces = std::vector<Piece>;

// `if` and its `else if`s: the first true condition gives its pieces; one without a condition is
// `else`.
struct Branch {
  std::optional<Term> condition;
  Pieces pieces;
};

struct Piece {
  std::string text;
  std::optional<Term> term;
  std::vector<Branch> branches;
};

}  // namespace forewarn::templates
