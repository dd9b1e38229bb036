#include "rules/template_expand.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/humanize.h"
#include "rules/promql/number.h"

namespace forewarn::templates {
namespace {

// The first letter of each word as a capital; as in Go, `_`, digits and bytes beyond ASCII belong
// to words.
std::string Title(std::string text) {
  bool in_word = false;
  for (char& c : text) {
    if (!in_word) c = Upper(c);
    in_word = IsWordCharacter(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
  }
  return text;
}

StatusOr<double> ToNumber(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  return promql::ParseNumber(std::get<std::string>(value));
}

StatusOr<Value> Evaluate(const Term& term, const Facts& facts);

bool Compare(Function function, const Value& a, const Value& b) {
  switch (function) {
    case Function::kEq: return a == b;
    case Function::kNe: return a != b;
    case Function::kLt: return a < b;
    case Function::kLe: return a <= b;
    case Function::kGt: return a > b;
    default: return a >= b;
  }
}

StatusOr<Value> Call(const Term& term, const Facts& facts) {
  std::vector<Value> arguments;
  for (const Term& argument : term.arguments) {
    FW_ASSIGN_OR_RETURN(Value value, Evaluate(argument, facts));
    arguments.push_back(std::move(value));
  }
  const auto text = [&](size_t i) -> const std::string& {
    return std::get<std::string>(arguments[i]);
  };
  switch (term.function) {
    case Function::kHumanize:
    case Function::kHumanize1024:
    case Function::kHumanizeDuration:
    case Function::kHumanizePercentage:
    case Function::kHumanizeTimestamp: {
      constexpr std::array kForms = {Humanize, Humanize1024, HumanizeDuration, HumanizePercentage,
                                     HumanizeTimestamp};
      FW_ASSIGN_OR_RETURN(const double number, ToNumber(arguments[0]));
      return Value(kForms[static_cast<size_t>(term.function)](number));
    }
    case Function::kToUpper:
    case Function::kToLower: {
      std::string changed = text(0);
      for (char& c : changed) c = term.function == Function::kToUpper ? Upper(c) : Lower(c);
      return Value(std::move(changed));
    }
    case Function::kTitle: return Value(Title(text(0)));
    case Function::kPrintf: {
      std::string out = term.format.pieces[0];
      for (size_t i = 0; i < term.format.verbs.size(); ++i) {
        out += FormatVerb(term.format.verbs[i], arguments[i]);
        out += term.format.pieces[i + 1];
        if (out.size() > kMaxText) return ResourceExhausted("the text is longer than 64 KiB");
      }
      return Value(std::move(out));
    }
    case Function::kPrint: {
      std::string out;
      for (size_t i = 0; i < arguments.size(); ++i) {
        // As Go's Sprint: a space between two operands when neither is a text.
        if (i > 0 && !std::holds_alternative<std::string>(arguments[i]) &&
            !std::holds_alternative<std::string>(arguments[i - 1])) {
          out += ' ';
        }
        out += Print(arguments[i]);
      }
      return Value(std::move(out));
    }
    case Function::kIndex:
      return Value(std::string(std::get<const Labels*>(arguments[0])->Get(text(1))));
    case Function::kNot: return Value(!IsTrue(arguments[0]));
    case Function::kAnd:
    case Function::kOr: {
      const bool stops_at = term.function == Function::kOr;
      for (Value& value : arguments) {
        if (IsTrue(value) == stops_at) return std::move(value);
      }
      return std::move(arguments.back());
    }
    case Function::kEq:  // any of the others may be equal
      return Value(std::any_of(arguments.begin() + 1, arguments.end(),
                               [&](const Value& other) { return arguments[0] == other; }));
    default: return Value(Compare(term.function, arguments[0], arguments[1]));
  }
}

StatusOr<Value> Evaluate(const Term& term, const Facts& facts) {
  switch (term.kind) {
    case Term::Kind::kConstant: return term.constant;
    case Term::Kind::kValue: return Value(facts.value);
    case Term::Kind::kLabels: return Value(&facts.labels);
    case Term::Kind::kLabel: return Value(std::string(facts.labels.Get(term.label)));
    case Term::Kind::kCall: return Call(term, facts);
  }
  return Internal("every kind of term is handled");
}

}  // namespace

Status ExpandInto(const Pieces& pieces, const Facts& facts, std::string& out) {
  for (const Piece& piece : pieces) {
    out += piece.text;
    if (piece.term) {
      FW_ASSIGN_OR_RETURN(const Value value, Evaluate(*piece.term, facts));
      out += Print(value);
    }
    for (const Branch& branch : piece.branches) {
      bool taken = true;
      if (branch.condition) {
        FW_ASSIGN_OR_RETURN(const Value value, Evaluate(*branch.condition, facts));
        taken = IsTrue(value);
      }
      if (!taken) continue;
      FW_RETURN_IF_ERROR(ExpandInto(branch.pieces, facts, out));
      break;
    }
    if (out.size() > kMaxText) return ResourceExhausted("the text is longer than 64 KiB");
  }
  return OkStatus();
}

}  // namespace forewarn::templates
