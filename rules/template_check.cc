#include "rules/template_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "rules/promql/position.h"

namespace forewarn::templates {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  Status CheckCall(std::string_view name, Term& call) const {
    constexpr size_t kAny = SIZE_MAX;
    switch (call.function) {
      case Function::kHumanize:
      case Function::kHumanize1024:
      case Function::kHumanizeDuration:
      case Function::kHumanizePercentage:
      case Function::kHumanizeTimestamp: {
        FW_RETURN_IF_ERROR(CheckCount(name, call, 1, 1));
        const Type type = call.arguments[0].type;
        if (type == Type::kText) return OkStatus();  // a label may spell a number
        if (type != Type::kInteger) return CheckType(name, call.arguments[0], Type::kNumber);
        return OkStatus();
      }
      case Function::kToUpper:
      case Function::kToLower:
      case Function::kTitle:
        FW_RETURN_IF_ERROR(CheckCount(name, call, 1, 1));
        return CheckType(name, call.arguments[0], Type::kText);
      case Function::kPrint: return CheckCount(name, call, 1, kAny);
      case Function::kPrintf:
        FW_RETURN_IF_ERROR(CheckCount(name, call, 1, kAny));
        return CheckFormat(call);
      case Function::kIndex:
        FW_RETURN_IF_ERROR(CheckCount(name, call, 2, 2));
        FW_RETURN_IF_ERROR(CheckType(name, call.arguments[0], Type::kLabels));
        return CheckType(name, call.arguments[1], Type::kText);
      case Function::kNot: call.type = Type::kBool; return CheckCount(name, call, 1, 1);
      case Function::kAnd:
      case Function::kOr:
        FW_RETURN_IF_ERROR(CheckCount(name, call, 1, kAny));
        call.type = call.arguments[0].type;
        return CheckAlike(name, call);
      default:
        call.type = Type::kBool;
        FW_RETURN_IF_ERROR(CheckCount(name, call, 2, call.function == Function::kEq ? kAny : 2));
        return CheckAlike(name, call);
    }
  }

 private:
  Status Error(size_t at, std::string_view message) const {
    return promql::ErrorAt(text_, at, message);
  }

  Status CheckCount(std::string_view name, const Term& call, size_t least, size_t most) const {
    const size_t given = call.arguments.size();
    if (given >= least && given <= most) return OkStatus();
    return Error(call.begin,
                 fmt::format("'{}' takes {}{} argument{}, not {}", name,
                             least < most ? "at least " : "", least, least == 1 ? "" : "s", given));
  }

  Status CheckType(std::string_view name, const Term& argument, Type wanted) const {
    if (argument.type == wanted) return OkStatus();
    return Error(argument.begin, fmt::format("'{}' needs {} here, not {}", name, NameOf(wanted),
                                             NameOf(argument.type)));
  }

  // That all arguments are of one type. Go does not compare a float with an integer either.
  Status CheckAlike(std::string_view name, const Term& call) const {
    for (const Term& argument : call.arguments) {
      const Type type = call.arguments[0].type;
      if (type == Type::kLabels) return Error(argument.begin, "the labels cannot be compared");
      if (argument.type == type) continue;
      const bool numbers = std::max(type, argument.type) == Type::kInteger;
      return Error(argument.begin,
                   fmt::format("'{}' cannot compare {} with {}{}", name, NameOf(type),
                               NameOf(argument.type), numbers ? "; write 5.0 instead of 5" : ""));
    }
    return OkStatus();
  }

  // Reads the format, which then is no argument any more.
  Status CheckFormat(Term& call) const {
    const Term& text = call.arguments[0];
    if (text.kind != Term::Kind::kConstant || text.type != Type::kText) {
      return Error(text.begin, "the format of printf must be a text in quotes");
    }
    std::optional<Format> format = ParseFormat(std::get<std::string>(text.constant));
    if (!format) return Error(text.begin, "this format is broken; a percent sign itself is %%");
    call.arguments.erase(call.arguments.begin());
    if (format->verbs.size() != call.arguments.size()) {
      return Error(call.begin, fmt::format("the format of printf has {} verbs for {} arguments",
                                           format->verbs.size(), call.arguments.size()));
    }
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const Verb& verb = format->verbs[i];
      const Term& argument = call.arguments[i];
      if (Fits(verb.letter, argument.type)) continue;
      const bool wants_float = verb.letter == 'd' && argument.type == Type::kNumber;
      return Error(argument.begin,
                   fmt::format("printf's %{} does not take {}{}", verb.letter,
                               NameOf(argument.type), wants_float ? "; write %.0f" : ""));
    }
    call.format = *std::move(format);
    return OkStatus();
  }

  const std::string_view text_;
};

}  // namespace

Status CheckCall(std::string_view text, std::string_view name, Term& call) {
  return Checker(text).CheckCall(name, call);
}

}  // namespace forewarn::templates
