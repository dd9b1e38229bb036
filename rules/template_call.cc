#include "rules/template_call.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/units.h"
#include "rules/humanize.h"
#include "rules/promql/number.h"
#include "rules/template_field.h"
#include "rules/template_query.h"
#include "rules/template_text.h"

namespace forewarn::templates {
namespace {

Status Needs(std::string_view name, std::string_view wanted, const Value& value) {
  return InvalidArgument(
      fmt::format("'{}' needs {} here, not {}", name, wanted, NameOf(TypeOf(value))));
}

StatusOr<double> ToNumber(std::string_view name, const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return promql::ParseNumber(*text);
  return Needs(name, NameOf(Type::kNumber), value);
}

StatusOr<Value> Compare(const Signature& signature, const std::vector<Value>& values) {
  const Type type = TypeOf(values[0]);
  for (const Value& value : values) {
    const Type other = TypeOf(value);
    if (other > Type::kBool) {
      return InvalidArgument(fmt::format("{} cannot be compared", NameOf(other)));
    }
    if (other == type) continue;
    const bool numbers = std::max(type, other) == Type::kInteger;
    return InvalidArgument(fmt::format("'{}' cannot compare {} with {}{}", signature.name,
                                       NameOf(type), NameOf(other),
                                       numbers ? "; write 5.0 instead of 5" : ""));
  }
  const Value& a = values[0];
  const Value& b = values[1];
  switch (signature.function) {
    case Function::kEq:  // any of the others may be equal
      return Value(std::any_of(values.begin() + 1, values.end(),
                               [&](const Value& other) { return a == other; }));
    case Function::kNe: return Value(a != b);
    case Function::kLt: return Value(a < b);
    case Function::kLe: return Value(a <= b);
    case Function::kGt: return Value(a > b);
    default: return Value(a >= b);
  }
}

// What Go's printf writes for a verb that does not take the value: `%!d(string=a)`.
std::string BadVerb(const Verb& verb, const Value& value) {
  std::string_view type = "interface {}";
  if (TypeOf(value) == Type::kNumber) type = "float64";
  if (TypeOf(value) == Type::kInteger) type = "int";
  if (TypeOf(value) == Type::kText) type = "string";
  if (TypeOf(value) == Type::kBool) type = "bool";
  return fmt::format("%!{}({}={})", verb.letter, type, Print(value));
}

std::string Printf(const Format& format, const std::vector<Value>& values) {
  FW_CHECK(format.verbs.size() == values.size());
  std::string out = format.pieces[0];
  for (size_t i = 0; i < values.size() && out.size() <= kMaxText; ++i) {
    const Verb& verb = format.verbs[i];
    out += Fits(verb.letter, TypeOf(values[i])) ? FormatVerb(verb, values[i])
                                                : BadVerb(verb, values[i]);
    out += format.pieces[i + 1];
  }
  return out;
}

// As Go's Sprint, with a space between two operands when neither is a text; Sprintln has one always.
std::string PrintAll(const std::vector<Value>& values, bool always_spaced) {
  std::string out;
  for (size_t i = 0; i < values.size() && out.size() <= kMaxText; ++i) {
    const bool is_between =
        i > 0 && TypeOf(values[i]) != Type::kText && TypeOf(values[i - 1]) != Type::kText;
    if (i > 0 && (always_spaced || is_between)) out += ' ';
    out += Print(values[i]);
  }
  if (always_spaced) out += '\n';
  return out;
}

Status OutOfRange(int64_t index, size_t size) {
  return forewarn::OutOfRange(fmt::format("index {} is out of range of {}", index, size));
}

// One step of `index`.
StatusOr<Value> IndexOnce(const Value& of, const Value& by) {
  const Type type = TypeOf(of);
  if (type == Type::kLabels || type == Type::kArguments) {
    const auto* name = std::get_if<std::string>(&by);
    if (name == nullptr) return Needs("index", NameOf(Type::kText), by);
    return FieldOf(of, *name, {});
  }
  const auto* index = std::get_if<int64_t>(&by);
  if (index == nullptr) return Needs("index", NameOf(Type::kInteger), by);
  if (const auto* samples = std::get_if<Samples>(&of)) {
    if (*index < 0 || static_cast<size_t>(*index) >= (*samples)->size()) {
      return OutOfRange(*index, (*samples)->size());
    }
    return Value((**samples)[static_cast<size_t>(*index)]);
  }
  if (const auto* text = std::get_if<std::string>(&of)) {
    if (*index < 0 || static_cast<size_t>(*index) >= text->size()) {
      return OutOfRange(*index, text->size());
    }
    return Value(int64_t{static_cast<unsigned char>((*text)[static_cast<size_t>(*index)])});
  }
  return Needs("index", "the labels, query results or a text", of);
}

StatusOr<Value> Slice(const std::vector<Value>& values) {
  const auto* text = std::get_if<std::string>(&values[0]);
  const auto* samples = std::get_if<Samples>(&values[0]);
  if (text == nullptr && samples == nullptr) {
    return Needs("slice", "a text or query results", values[0]);
  }
  const auto size = static_cast<int64_t>(text != nullptr ? text->size() : (*samples)->size());
  const int64_t begin = values.size() > 1 ? std::get<int64_t>(values[1]) : 0;
  const int64_t end = values.size() > 2 ? std::get<int64_t>(values[2]) : size;
  if (end < 0 || end > size) return OutOfRange(end, static_cast<size_t>(size));
  if (begin < 0 || begin > end) return OutOfRange(begin, static_cast<size_t>(end));
  if (text != nullptr) {
    return Value(text->substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  }
  return Value(std::make_shared<const std::vector<SampleRef>>((*samples)->begin() + begin,
                                                              (*samples)->begin() + end));
}

StatusOr<Value> Length(const Value& value) {
  size_t size = 0;
  if (const auto* text = std::get_if<std::string>(&value)) {
    size = text->size();
  } else if (const auto* labels = std::get_if<const Labels*>(&value)) {
    size = (*labels)->size();
  } else if (const auto* samples = std::get_if<Samples>(&value)) {
    size = (*samples)->size();
  } else if (const auto* given = std::get_if<std::shared_ptr<const Arguments>>(&value)) {
    size = (*given)->values.size();
  } else {
    return Needs("len", "a text, the labels or query results", value);
  }
  return Value(static_cast<int64_t>(size));
}

StatusOr<Value> MakeArguments(std::vector<Value> values) {
  auto arguments = std::make_shared<Arguments>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (const auto* inner = std::get_if<std::shared_ptr<const Arguments>>(&values[i])) {
      arguments->depth = std::max(arguments->depth, (*inner)->depth + 1);
    }
    arguments->values.emplace(fmt::format("arg{}", i), std::move(values[i]));
  }
  if (arguments->depth > kMaxArgumentsDepth) {
    return ResourceExhausted("arguments are nested too deeply");
  }
  return Value(std::shared_ptr<const Arguments>(std::move(arguments)));
}

StatusOr<Value> SortByLabel(std::string_view label, const Samples& samples) {
  std::vector<SampleRef> sorted = *samples;
  std::ranges::stable_sort(sorted, {},
                           [&](const SampleRef& sample) { return sample->labels.Get(label); });
  return Value(std::make_shared<const std::vector<SampleRef>>(std::move(sorted)));
}

StatusOr<Value> ToTime(double seconds) {
  constexpr double kNanosecondsFit = 9.2e9;  // 64 bits of them, until the year 2261
  if (!(std::abs(seconds) < kNanosecondsFit)) {
    return forewarn::OutOfRange(fmt::format("{} is no time", PlainNumber(seconds)));
  }
  return Value(FromMillis(static_cast<int64_t>(std::floor(seconds * 1000))));
}

std::string Link(std::string_view expression, int tab) {
  return fmt::format("/graph?g0.expr={}&g0.tab={}", EscapeQuery(expression), tab);
}

// Functions of one text.
StatusOr<Value> CallOnText(Function function, const std::string& text, const Facts& facts) {
  switch (function) {
    case Function::kToUpper: return Value(ToUpper(text));
    case Function::kToLower: return Value(ToLower(text));
    case Function::kTitle: return Value(Title(text));
    case Function::kStripPort: return Value(StripPort(text));
    case Function::kStripDomain: return Value(StripDomain(text));
    case Function::kGraphLink: return Value(Link(text, 0));
    case Function::kTableLink: return Value(Link(text, 1));
    case Function::kSafeHtml: return Value(text);
    case Function::kParseDuration: {
      FW_ASSIGN_OR_RETURN(const Duration duration, ParseDuration(text));
      return Value(static_cast<double>(duration.count()) / 1000);
    }
    case Function::kQuery: {
      if (facts.queries == nullptr) return Unavailable("queries cannot be asked here");
      FW_ASSIGN_OR_RETURN(Samples samples, facts.queries->Run(text));
      return Value(std::move(samples));
    }
    default: return Internal("every function of a text is handled");
  }
}

}  // namespace

StatusOr<Value> Call(const Term& call, std::vector<Value> arguments, const Facts& facts) {
  const Signature& signature = SignatureOf(call.function);
  const size_t offset = call.function == Function::kPrintf ? 1 : 0;  // the format is none of them
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Type wanted = signature.TakesAt(i + offset);
    if (wanted != Type::kAny && TypeOf(arguments[i]) != wanted) {
      return Needs(signature.name, NameOf(wanted), arguments[i]);
    }
  }
  const auto text = [&](size_t i) -> const std::string& {
    return std::get<std::string>(arguments[i]);
  };
  switch (call.function) {
    case Function::kHumanize:
    case Function::kHumanize1024:
    case Function::kHumanizeDuration:
    case Function::kHumanizePercentage:
    case Function::kHumanizeTimestamp: {
      constexpr std::array kForms = {Humanize, Humanize1024, HumanizeDuration, HumanizePercentage,
                                     HumanizeTimestamp};
      FW_ASSIGN_OR_RETURN(const double number, ToNumber(signature.name, arguments[0]));
      const auto form =
          static_cast<size_t>(call.function) - static_cast<size_t>(Function::kHumanize);
      return Value(kForms[form](number));
    }
    case Function::kToTime: {
      FW_ASSIGN_OR_RETURN(const double number, ToNumber(signature.name, arguments[0]));
      return ToTime(number);
    }
    case Function::kEq:
    case Function::kNe:
    case Function::kLt:
    case Function::kLe:
    case Function::kGt:
    case Function::kGe: return Compare(signature, arguments);
    case Function::kNot: return Value(!IsTrue(arguments[0]));
    case Function::kAnd:
    case Function::kOr: return Internal("'and' and 'or' are no calls");
    case Function::kPrint: return Value(PrintAll(arguments, false));
    case Function::kPrintln: return Value(PrintAll(arguments, true));
    case Function::kPrintf: return Value(Printf(call.format, arguments));
    case Function::kHtml: return Value(EscapeHtml(PrintAll(arguments, false)));
    case Function::kJs: return Value(EscapeJs(PrintAll(arguments, false)));
    case Function::kUrlquery: return Value(EscapeQuery(PrintAll(arguments, false)));
    case Function::kArgs: return MakeArguments(std::move(arguments));
    case Function::kIndex: {
      Value value = arguments[0];
      for (size_t i = 1; i < arguments.size(); ++i) {
        FW_ASSIGN_OR_RETURN(value, IndexOnce(value, arguments[i]));
      }
      return value;
    }
    case Function::kSlice: return Slice(arguments);
    case Function::kLen: return Length(arguments[0]);
    case Function::kFirst: {
      const Samples& samples = std::get<Samples>(arguments[0]);
      if (samples->empty()) return InvalidArgument("first() called on vector with no elements");
      return Value(samples->front());
    }
    case Function::kLabel:
      return Value(std::string(std::get<SampleRef>(arguments[1])->labels.Get(text(0))));
    case Function::kValue: return Value(std::get<SampleRef>(arguments[0])->value);
    case Function::kStrvalue:
      return Value(std::string(std::get<SampleRef>(arguments[0])->labels.Get("__value__")));
    case Function::kSortByLabel: return SortByLabel(text(0), std::get<Samples>(arguments[1]));
    case Function::kMatch: {
      FW_ASSIGN_OR_RETURN(const bool matches, Matches(text(0), text(1)));
      return Value(matches);
    }
    case Function::kReReplaceAll: {
      FW_ASSIGN_OR_RETURN(std::string replaced, ReplaceAll(text(0), text(1), text(2)));
      return Value(std::move(replaced));
    }
    case Function::kExternalUrl:
    case Function::kPathPrefix: return Value(std::string());
    default: return CallOnText(call.function, text(0), facts);
  }
}

}  // namespace forewarn::templates
