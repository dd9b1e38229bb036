#include "rules/template_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/units.h"
#include "model/regex.h"
#include "rules/promql/position.h"
#include "rules/promql/promql.h"

namespace forewarn::templates {
namespace {

bool IsOneOf(Type type, std::initializer_list<Type> types) {
  return type == Type::kAny || std::ranges::find(types, type) != types.end();
}

// The text of a constant, or null.
const std::string* ConstantText(const Term& term) {
  return term.kind == Term::Kind::kConstant ? std::get_if<std::string>(&term.constant) : nullptr;
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  Status CheckCall(std::string_view name, Term& call) const {
    const Signature& signature = SignatureOf(call.function);
    FW_RETURN_IF_ERROR(CheckCount(name, call, signature));
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      FW_RETURN_IF_ERROR(CheckType(name, call.arguments[i], signature.TakesAt(i)));
    }
    call.type = signature.gives;
    switch (call.function) {
      case Function::kHumanize:
      case Function::kHumanize1024:
      case Function::kHumanizeDuration:
      case Function::kHumanizePercentage:
      case Function::kHumanizeTimestamp:
      case Function::kToTime: {
        // A label may spell a number.
        const Type type = call.arguments[0].type;
        if (IsOneOf(type, {Type::kText, Type::kInteger})) return OkStatus();
        return CheckType(name, call.arguments[0], Type::kNumber);
      }
      case Function::kAnd:
      case Function::kOr:
        call.type = call.arguments[0].type;
        for (const Term& argument : call.arguments) {
          if (argument.type != call.type) call.type = Type::kAny;
        }
        return OkStatus();
      case Function::kEq:
      case Function::kNe:
      case Function::kLt:
      case Function::kLe:
      case Function::kGt:
      case Function::kGe: return CheckAlike(name, call);
      case Function::kPrintf: return CheckFormat(call);
      case Function::kIndex: return CheckIndex(call);
      case Function::kSlice:
        call.type = call.arguments[0].type;
        if (IsOneOf(call.type, {Type::kText, Type::kSamples})) return OkStatus();
        return Needs("slice", "a text or query results", call.arguments[0]);
      case Function::kLen:
        if (IsOneOf(call.arguments[0].type,
                    {Type::kText, Type::kLabels, Type::kSamples, Type::kArguments})) {
          return OkStatus();
        }
        return Needs("len", "a text, the labels or query results", call.arguments[0]);
      default: return CheckConstant(call);
    }
  }

 private:
  Status Error(size_t at, std::string_view message) const {
    return promql::ErrorAt(text_, at, message);
  }

  Status CheckCount(std::string_view name, const Term& call, const Signature& signature) const {
    const size_t given = call.arguments.size();
    if (given >= signature.least && given <= signature.most) return OkStatus();
    const bool too_few = given < signature.least;
    const size_t bound = too_few ? signature.least : signature.most;
    const std::string_view which = signature.least == signature.most ? ""
                                   : too_few                         ? "at least "
                                                                     : "at most ";
    return Error(call.begin, fmt::format("'{}' takes {}{} argument{}, not {}", name, which, bound,
                                         bound == 1 ? "" : "s", given));
  }

  Status Needs(std::string_view name, std::string_view wanted, const Term& argument) const {
    return Error(argument.begin,
                 fmt::format("'{}' needs {} here, not {}", name, wanted, NameOf(argument.type)));
  }

  Status CheckType(std::string_view name, const Term& argument, Type wanted) const {
    if (wanted == Type::kAny || IsOneOf(argument.type, {wanted})) return OkStatus();
    return Needs(name, NameOf(wanted), argument);
  }

  // That all arguments are of one type. Go does not compare a float with an integer either.
  Status CheckAlike(std::string_view name, const Term& call) const {
    const Term* first = nullptr;
    for (const Term& argument : call.arguments) {
      if (!IsOneOf(argument.type, {Type::kNumber, Type::kInteger, Type::kText, Type::kBool})) {
        return Error(argument.begin, fmt::format("{} cannot be compared", NameOf(argument.type)));
      }
      if (argument.type == Type::kAny) continue;
      if (first == nullptr) first = &argument;
      if (argument.type == first->type) continue;
      const bool numbers = std::max(first->type, argument.type) == Type::kInteger;
      return Error(argument.begin,
                   fmt::format("'{}' cannot compare {} with {}{}", name, NameOf(first->type),
                               NameOf(argument.type), numbers ? "; write 5.0 instead of 5" : ""));
    }
    return OkStatus();
  }

  Status CheckIndex(Term& call) const {
    const Term& of = call.arguments[0];
    if (!IsOneOf(of.type, {Type::kLabels, Type::kText, Type::kSamples, Type::kArguments})) {
      return Needs("index", "the labels, query results or a text", of);
    }
    call.type = Type::kAny;
    if (call.arguments.size() == 1) call.type = of.type;
    if (call.arguments.size() != 2 || of.type == Type::kAny) return OkStatus();
    const bool is_map = of.type == Type::kLabels || of.type == Type::kArguments;
    if (of.type == Type::kLabels) call.type = Type::kText;
    if (of.type == Type::kSamples) call.type = Type::kSample;
    if (of.type == Type::kText) call.type = Type::kInteger;
    return CheckType("index", call.arguments[1], is_map ? Type::kText : Type::kInteger);
  }

  // Reads the format, which then is no argument any more.
  Status CheckFormat(Term& call) const {
    const Term& text = call.arguments[0];
    const std::string* constant = ConstantText(text);
    if (constant == nullptr) {
      return Error(text.begin, "the format of printf must be a text in quotes");
    }
    std::optional<Format> format = ParseFormat(*constant);
    if (!format) return Error(text.begin, "this format is broken; a percent sign itself is %%");
    call.arguments.erase(call.arguments.begin());
    if (format->verbs.size() != call.arguments.size()) {
      return Error(call.begin, fmt::format("the format of printf has {} verbs for {} arguments",
                                           format->verbs.size(), call.arguments.size()));
    }
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const Verb& verb = format->verbs[i];
      const Term& argument = call.arguments[i];
      if (argument.type == Type::kAny || Fits(verb.letter, argument.type)) continue;
      const bool wants_float = verb.letter == 'd' && argument.type == Type::kNumber;
      return Error(argument.begin,
                   fmt::format("printf's %{} does not take {}{}", verb.letter,
                               NameOf(argument.type), wants_float ? "; write %.0f" : ""));
    }
    call.format = *std::move(format);
    return OkStatus();
  }

  // What a function reads out of a text that is given as it is.
  Status CheckConstant(const Term& call) const {
    if (call.arguments.empty()) return OkStatus();
    const Term& argument = call.arguments[0];
    const std::string* text = ConstantText(argument);
    if (text == nullptr) return OkStatus();
    Status read;
    if (call.function == Function::kQuery) {
      read = promql::Parse(*text).status().With("this query cannot be read");
    } else if (call.function == Function::kMatch || call.function == Function::kReReplaceAll) {
      read = CompileRegex(*text).status();
    } else if (call.function == Function::kParseDuration) {
      read = ParseDuration(*text).status();
    }
    if (read.ok()) return OkStatus();
    const std::string_view message = read.message();
    return Error(argument.begin, message.substr(0, message.find('\n')));
  }

  const std::string_view text_;
};

}  // namespace

Status CheckCall(std::string_view text, std::string_view name, Term& call) {
  return Checker(text).CheckCall(name, call);
}

}  // namespace forewarn::templates
