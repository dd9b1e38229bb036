#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/template_format.h"
#include "rules/template_function.h"
#include "rules/template_value.h"

namespace forewarn::templates {

// A compiled template: pieces of text, terms to fill in, branches and loops. Immutable once its types
// are checked.

struct Term {
  enum class Kind {
    kConstant,
    kValue,     // $value
    kLabels,    // $labels
    kLabel,     // $labels.x
    kCall,      // of a function
    kDot,       // .
    kRoot,      // $
    kVariable,  // $x
    kField,     // of the first argument; with the others, where it takes any
  };
  Kind kind = Kind::kConstant;
  Type type = Type::kText;
  Value constant;
  std::string label;  // or the name of the field
  Function function{};
  Format format;  // of printf
  std::vector<Term> arguments;
  size_t slot = 0;   // of the variable
  size_t begin = 0;  // in the template
};

struct Piece;
using Pieces = std::vector<Piece>;

// Which variables a pipeline's value goes to. `range` may have two: the key, and the element.
using Slots = std::vector<size_t>;

// `if` and its `else if`s: the first true condition gives its pieces; one without a condition is
// `else`. `with` and `range` have the same, with two branches at most.
struct Branch {
  std::optional<Term> condition;
  Slots slots;
  Pieces pieces;
};

struct Piece {
  enum class Kind { kText, kTerm, kIf, kWith, kRange, kTemplate, kBreak, kContinue };
  Kind kind = Kind::kText;
  std::string text;          // or the name of the template
  std::optional<Term> term;  // or what becomes the template's `.`
  Slots slots;               // of a term: where it goes, and is not printed
  std::vector<Branch> branches;
};

struct Tree {
  Pieces pieces;
  std::map<std::string, Pieces> definitions;  // of `define` and `block`, by name
};

}  // namespace forewarn::templates
