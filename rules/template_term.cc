#include "rules/template_term.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "rules/promql/lexer.h"
#include "rules/promql/number.h"
#include "rules/template_check.h"
#include "rules/template_field.h"

namespace forewarn::templates {
namespace {

constexpr std::array<std::string_view, 8> kKnown = {
    "$labels", "$value", "$externalLabels", "$externalURL",
    ".Labels", ".Value", ".ExternalLabels", ".ExternalURL"};

Term Of(Term::Kind kind, Type type, size_t begin) {
  Term term;
  term.kind = kind;
  term.type = type;
  term.begin = begin;
  return term;
}

Term ExternalLabels(size_t begin) {
  Term term = Of(Term::Kind::kConstant, Type::kLabels, begin);
  term.constant = &NoExternalLabels();
  return term;
}

Term EmptyText(size_t begin) {
  Term term = Of(Term::Kind::kConstant, Type::kText, begin);
  term.constant = std::string();
  return term;
}

}  // namespace

StatusOr<Term> TermParser::ParsePipeline(const Scope& scope) {
  if (++cursor_.depth > Cursor::kMaxDepth) {
    return cursor_.Error(cursor_.at, "the template is nested too deeply");
  }
  std::optional<Term> piped;
  for (int pipes = 0;; ++pipes) {
    if (pipes > Cursor::kMaxPipes) {
      return cursor_.Error(cursor_.at,
                           fmt::format("more than {} pipes follow each other", Cursor::kMaxPipes));
    }
    FW_ASSIGN_OR_RETURN(Term term, ParseCommand(std::move(piped), scope));
    piped = std::move(term);
    const size_t before = cursor_.at;
    cursor_.SkipSpaces();
    if (cursor_.Peek() != '|') {
      cursor_.at = before;
      --cursor_.depth;
      return *std::move(piped);
    }
    ++cursor_.at;
  }
}

StatusOr<Term> TermParser::ParseCommand(std::optional<Term> piped, const Scope& scope) {
  cursor_.SkipSpaces();
  const size_t begin = cursor_.at;
  if (cursor_.AtEnd()) return cursor_.Error(cursor_.action, "this {{ has no }}");
  if (Cursor::StartsName(cursor_.Peek()) && !IsConstantWord()) {
    return ParseCall(std::move(piped), scope);
  }
  if (AtEndOfCommand()) return cursor_.Error(begin, "a value or a function is missing here");
  FW_ASSIGN_OR_RETURN(Term term, ParseOperand(scope));
  const bool is_method =
      term.kind == Term::Kind::kField && ArgumentsOfField(term.arguments[0].type, term.label) > 0;
  if (is_method) {
    FW_RETURN_IF_ERROR(ParseArguments(term.arguments, scope));
    if (piped) term.arguments.push_back(*std::move(piped));
    return term;
  }
  if (piped) return cursor_.Error(begin, "only a function can take what is piped into it");
  const size_t end = cursor_.at;
  if (!AtEndOfCommand() && !cursor_.At(":=") && !cursor_.At("=")) {
    cursor_.at = end;
    if (cursor_.Peek() == '-') {
      return cursor_.Error(end, "a name has no '-', only letters, digits and _");
    }
    return cursor_.Error(begin, "this is no function and takes no arguments");
  }
  cursor_.at = end;
  return term;
}

StatusOr<Term> TermParser::ParseCall(std::optional<Term> piped, const Scope& scope) {
  Term call = Of(Term::Kind::kCall, Type::kText, cursor_.at);
  const std::string_view name = cursor_.PeekWord();
  const Signature* signature = FindSignature(name);
  if (signature == nullptr) {
    return cursor_.Error(cursor_.at, fmt::format("'{}' is not known in an alert's template{}",
                                                 name.substr(0, 40), SuggestFunction(name)));
  }
  call.function = signature->function;
  cursor_.at += name.size();
  FW_RETURN_IF_ERROR(ParseArguments(call.arguments, scope));
  if (piped) call.arguments.push_back(*std::move(piped));
  FW_RETURN_IF_ERROR(CheckCall(cursor_.text, name, call));
  return call;
}

Status TermParser::ParseArguments(std::vector<Term>& arguments, const Scope& scope) {
  size_t end = cursor_.at;
  while (!AtEndOfCommand()) {
    if (cursor_.at == end) return Unexpected();
    if (cursor_.At(":=") || cursor_.At("=")) return Unexpected();
    FW_ASSIGN_OR_RETURN(Term argument, ParseOperand(scope));
    arguments.push_back(std::move(argument));
    end = cursor_.at;
  }
  cursor_.at = end;
  return OkStatus();
}

StatusOr<Term> TermParser::ParseOperand(const Scope& scope) {
  const size_t begin = cursor_.at;
  const char c = cursor_.Peek();
  if (c == '(') {
    ++cursor_.at;
    FW_ASSIGN_OR_RETURN(Term term, ParsePipeline(scope));
    cursor_.SkipSpaces();
    if (cursor_.Peek() != ')') return cursor_.Error(begin, "this parenthesis is not closed");
    ++cursor_.at;
    return ParseFields(std::move(term));
  }
  if (c == '"' || c == '`') return ParseText();
  if (c == '$' || c == '.') return ParseReference(scope);
  if (IsConstantWord()) {
    Term term = Of(Term::Kind::kConstant, Type::kBool, begin);
    term.constant = cursor_.PeekWord() == "true";
    if (cursor_.PeekWord() == "nil") {
      term.type = Type::kNothing;
      term.constant = Nothing();
    }
    cursor_.at += cursor_.PeekWord().size();
    return term;
  }
  if ((c >= '0' && c <= '9') || c == '-' || c == '+') return ParseConstant();
  // A function that takes nothing may stand alone.
  const Signature* signature = FindSignature(cursor_.PeekWord());
  if (signature != nullptr && signature->most == 0) {
    Term call = Of(Term::Kind::kCall, signature->gives, begin);
    call.function = signature->function;
    cursor_.at += signature->name.size();
    return call;
  }
  if (Cursor::StartsName(c)) {
    return cursor_.Error(begin, "write a call inside another in parentheses");
  }
  return Unexpected();
}

StatusOr<Term> TermParser::ParseText() {
  Term term = Of(Term::Kind::kConstant, Type::kText, cursor_.at);
  const std::string_view text = cursor_.text;
  const char quote = cursor_.Peek();
  if (quote != '"' && quote != '`') return Unexpected();
  size_t end = cursor_.at + 1;
  while (end < text.size() && text[end] != quote) end += text[end] == '\\' && quote == '"' ? 2 : 1;
  if (end >= text.size()) return cursor_.Error(cursor_.at, "this text has no closing quote");
  // Escapes are PromQL's, which are Go's.
  const auto tokens = promql::Tokenize(text.substr(cursor_.at, end + 1 - cursor_.at));
  if (!tokens.ok() || tokens->size() != 2) {
    return cursor_.Error(cursor_.at, "this text has a bad escape");
  }
  term.constant = tokens->front().text;
  cursor_.at = end + 1;
  return term;
}

StatusOr<Term> TermParser::ParseConstant() {
  Term term = Of(Term::Kind::kConstant, Type::kNumber, cursor_.at);
  const std::string_view text = cursor_.text;
  size_t end = cursor_.at + 1;
  while (end < text.size() && (IsWordCharacter(text[end]) || text[end] == '.')) ++end;
  const std::string_view word = text.substr(cursor_.at, end - cursor_.at);
  const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
  int64_t integer = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (read.ec == std::errc() && read.ptr == digits.data() + digits.size()) {
    term.type = Type::kInteger;
    term.constant = integer;
  } else {
    const StatusOr<double> number = promql::ParseNumber(word);
    if (!number.ok()) return cursor_.Error(cursor_.at, number.status().message());
    term.constant = *number;
  }
  cursor_.at = end;
  return term;
}

StatusOr<Term> TermParser::ParseReference(const Scope& scope) {
  const size_t begin = cursor_.at;
  if (cursor_.Peek() == '$') {
    ++cursor_.at;
    const std::string name = "$" + std::string(cursor_.PeekWord());
    cursor_.at += name.size() - 1;
    FW_ASSIGN_OR_RETURN(Term term, FindVariable(name, begin, scope));
    return ParseFields(std::move(term));
  }
  Term dot = Of(Term::Kind::kDot, scope.dot, begin);
  if (!Cursor::StartsName(cursor_.Peek(1))) {
    ++cursor_.at;
    return dot;
  }
  return ParseFields(std::move(dot));
}

StatusOr<Term> TermParser::FindVariable(const std::string& name, size_t begin,
                                        const Scope& scope) const {
  if (name == "$") return Of(Term::Kind::kRoot, scope.root, begin);
  const auto found = std::ranges::find(scope.variables.rbegin(), scope.variables.rend(), name);
  if (found != scope.variables.rend()) {
    Term term = Of(Term::Kind::kVariable, Type::kAny, begin);
    term.slot = static_cast<size_t>(scope.variables.rend() - found) - 1;
    return term;
  }
  if (scope.knows_alert) {
    if (name == "$value") return Of(Term::Kind::kValue, Type::kNumber, begin);
    if (name == "$labels") return Of(Term::Kind::kLabels, Type::kLabels, begin);
    if (name == "$externalLabels") return ExternalLabels(begin);
    if (name == "$externalURL") return EmptyText(begin);
  }
  std::vector<std::string_view> known(scope.variables.begin(), scope.variables.end());
  if (scope.knows_alert) known.insert(known.end(), kKnown.begin(), kKnown.end());
  size_t end = cursor_.at;
  while (end < cursor_.text.size() &&
         (IsWordCharacter(cursor_.text[end]) || cursor_.text[end] == '.')) {
    ++end;
  }
  const bool is_of_alert = std::ranges::find(kKnown, name) != kKnown.end();
  return cursor_.Error(
      begin, fmt::format(
                 "'{}' is not known in {}{}", cursor_.text.substr(begin, end - begin).substr(0, 40),
                 scope.knows_alert ? "an alert's template" : "a definition",
                 is_of_alert ? "; pass it on with {{ template }}" : promql::Suggest(name, known)));
}

StatusOr<Term> TermParser::ParseFields(Term term) {
  for (int fields = 0; cursor_.Peek() == '.'; ++fields) {
    if (fields == Cursor::kMaxFields) {
      return cursor_.Error(
          cursor_.at, fmt::format("more than {} fields follow each other", Cursor::kMaxFields));
    }
    const size_t dot = cursor_.at++;
    const std::string_view name = cursor_.PeekWord();
    if (name.empty() || !Cursor::StartsName(name.front())) {
      const size_t end = cursor_.at + name.size();
      return cursor_.Error(
          term.begin,
          fmt::format("'{}' names no label", cursor_.text.substr(term.begin, end - term.begin)));
    }
    const Type of = term.type;
    cursor_.at += name.size();
    if (!TypeOfField(of, name)) {
      if (term.kind == Term::Kind::kDot && of == Type::kAlert) {
        const std::string word = fmt::format(".{}", name);
        return cursor_.Error(dot, fmt::format("'{}' is not known in an alert's template{}",
                                              word.substr(0, 40), promql::Suggest(word, kKnown)));
      }
      return cursor_.Error(dot, fmt::format("{} has no '{}'", NameOf(of), name.substr(0, 40)));
    }
    FW_ASSIGN_OR_RETURN(term, MakeField(std::move(term), name));
  }
  return term;
}

StatusOr<Term> TermParser::MakeField(Term of, std::string_view name) const {
  // What an alert's text is mostly made of needs no detour.
  if (of.type == Type::kAlert) {
    if (name == "Value") return Of(Term::Kind::kValue, Type::kNumber, of.begin);
    if (name == "Labels") return Of(Term::Kind::kLabels, Type::kLabels, of.begin);
    if (name == "ExternalLabels") return ExternalLabels(of.begin);
    return EmptyText(of.begin);
  }
  if (of.type == Type::kLabels && of.kind == Term::Kind::kConstant) return EmptyText(of.begin);
  Term field = Of(Term::Kind::kField, *TypeOfField(of.type, name), of.begin);
  field.label = name;
  if (of.kind == Term::Kind::kLabels) {
    field.kind = Term::Kind::kLabel;
    return field;
  }
  field.arguments.push_back(std::move(of));
  return field;
}

bool TermParser::IsConstantWord() const {
  const std::string_view word = cursor_.PeekWord();
  return word == "true" || word == "false" || word == "nil";
}

bool TermParser::AtEndOfCommand() {
  cursor_.SkipSpaces();
  return cursor_.AtEnd() || cursor_.At("}}") || cursor_.At("-}}") || cursor_.Peek() == '|' ||
         cursor_.Peek() == ')';
}

Status TermParser::Unexpected() const {
  if (cursor_.At(":=") || cursor_.At("=")) {
    return cursor_.Error(cursor_.at, "only a variable can be set: {{ $name := … }}");
  }
  return cursor_.Error(cursor_.at,
                       fmt::format("unexpected '{}'", cursor_.text.substr(cursor_.at, 1)));
}

}  // namespace forewarn::templates
