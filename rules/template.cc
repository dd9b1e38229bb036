#include "rules/template.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "rules/humanize.h"
#include "rules/promql/lexer.h"
#include "rules/promql/position.h"

namespace forewarn {
namespace {

using promql::ErrorAt;

constexpr size_t kMaxText = 64 * 1024;
constexpr int kMaxDepth = 50;

// Types are known when a template is compiled.
enum class Type { kNumber, kInteger, kText, kBool, kLabels };

using Value = std::variant<double, int64_t, std::string, bool, const Labels*>;

std::string_view NameOf(Type type) {
  constexpr std::array<std::string_view, 5> kNames = {"a number", "an integer", "a text", "a bool",
                                                      "the labels"};
  return kNames[static_cast<size_t>(type)];
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

// As Go prints a value.
std::string Print(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return PlainNumber(*number);
  if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  std::string out = "map[";
  for (const auto& [name, label] : *std::get<const Labels*>(value)) {
    out += fmt::format("{}{}:{}", out.size() > 4 ? " " : "", name, label);
  }
  return out + ']';
}

bool IsTrue(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number != 0;
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return !std::get<const Labels*>(value)->empty();
}

// What an expansion works with.
struct Facts {
  const Labels& labels;
  double value;
};

// --- calls ---

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

constexpr std::array<std::string_view, 20> kFunctionNames = {"humanize",
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

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

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

// --- printf ---

// One verb of a format: `%-8.2f`.
struct Verb {
  std::string flags;  // of `+- 0`
  int width = 0;
  int precision = -1;
  char letter = 'v';
};

std::string Pad(const Verb& verb, std::string text) {
  size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  if (characters >= static_cast<size_t>(verb.width)) return text;
  const std::string blanks(static_cast<size_t>(verb.width) - characters, ' ');
  return verb.flags.find('-') == std::string::npos ? blanks + text : text + blanks;
}

std::string FormatNumber(const Verb& verb, double number) {
  const bool plus = verb.flags.find('+') != std::string::npos;
  const bool space = verb.flags.find(' ') != std::string::npos;
  if (!std::isfinite(number)) {
    std::string text = std::isnan(number) ? "NaN" : number < 0 ? "-Inf" : "+Inf";
    if (std::isnan(number) && plus) text = "+NaN";
    return Pad(verb, text);
  }
  const bool shortest = verb.precision < 0 && (verb.letter == 'v' || verb.letter == 'g');
  if (shortest) {
    const std::string text = PlainNumber(number);
    return Pad(verb, (plus && !std::signbit(number)    ? "+"
                      : space && !std::signbit(number) ? " "
                                                       : "") +
                         text);
  }
  // C's own conversion: flags, width and precision mean the same.
  const std::string format =
      fmt::format("%{}{}.{}{}", verb.flags, verb.width > 0 ? std::to_string(verb.width) : "",
                  verb.precision < 0 ? 6 : verb.precision, verb.letter == 'v' ? 'g' : verb.letter);
  std::array<char, 600> buffer;  // 309 digits, at most 100 of precision or width
  const int size = std::snprintf(buffer.data(), buffer.size(), format.c_str(), number);
  FW_CHECK(size >= 0 && static_cast<size_t>(size) < buffer.size());
  return std::string(buffer.data(), static_cast<size_t>(size));
}

std::string FormatInteger(const Verb& verb, int64_t integer) {
  const std::string format =
      fmt::format("%{}{}lld", verb.flags, verb.width > 0 ? std::to_string(verb.width) : "");
  std::array<char, 160> buffer;
  const int size =
      std::snprintf(buffer.data(), buffer.size(), format.c_str(), static_cast<long long>(integer));
  FW_CHECK(size >= 0 && static_cast<size_t>(size) < buffer.size());
  return std::string(buffer.data(), static_cast<size_t>(size));
}

std::string FormatVerb(const Verb& verb, const Value& value) {
  if (verb.letter == 'q') return Pad(verb, Quote(std::get<std::string>(value)));
  if (const auto* number = std::get_if<double>(&value)) return FormatNumber(verb, *number);
  if (const auto* integer = std::get_if<int64_t>(&value)) return FormatInteger(verb, *integer);
  std::string text = Print(value);
  if (verb.letter == 's' && verb.precision >= 0) {
    // In characters, as Go counts.
    size_t end = 0;
    for (int left = verb.precision; end < text.size(); ++end) {
      if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && left-- == 0) break;
    }
    text.resize(end);
  }
  return Pad(verb, std::move(text));
}

bool Fits(char letter, Type type) {
  switch (letter) {
    case 'v': return true;
    case 's':
    case 'q': return type == Type::kText;
    case 'd': return type == Type::kInteger;
    case 'f':
    case 'e':
    case 'g': return type == Type::kNumber;
    case 't': return type == Type::kBool;
    default: return false;
  }
}

// Literal pieces and verbs, in turns: piece, verb, piece, …, piece.
struct Format {
  std::vector<std::string> pieces;
  std::vector<Verb> verbs;
};

// Nothing for a format that is broken.
std::optional<Format> ParseFormat(std::string_view text) {
  Format format;
  format.pieces.emplace_back();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      format.pieces.back() += text[i];
      continue;
    }
    if (++i < text.size() && text[i] == '%') {
      format.pieces.back() += '%';
      continue;
    }
    Verb verb;
    while (i < text.size() && std::string_view("+- 0").find(text[i]) != std::string_view::npos) {
      if (verb.flags.find(text[i]) == std::string::npos) verb.flags += text[i];
      ++i;
    }
    const auto number = [&](int& out) {
      const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), out);
      if (error == std::errc::invalid_argument) return true;  // none is given
      i = static_cast<size_t>(end - text.data());
      return error == std::errc() && out >= 0 && out <= 100;
    };
    if (!number(verb.width)) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
      ++i;
      verb.precision = 0;
      if (!number(verb.precision)) return std::nullopt;
    }
    if (i >= text.size()) return std::nullopt;
    verb.letter = text[i];
    format.verbs.push_back(std::move(verb));
    format.pieces.emplace_back();
  }
  return format;
}

// --- expressions ---

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
    case Function::kIndex: return Value(std::string(facts.labels.Get(text(1))));
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

// --- pieces of the text ---

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

// --- compiling ---

class Compiler {
 public:
  explicit Compiler(std::string_view text) : text_(text) {}

  StatusOr<Pieces> Run() {
    if (text_.size() > kMaxText) return InvalidArgument("the template is longer than 64 KiB");
    Pieces pieces;
    FW_ASSIGN_OR_RETURN(const Stop stop, ParsePieces(pieces));
    if (stop.keyword.empty()) return pieces;
    return Error(stop.begin, fmt::format("'{}' without an if", stop.keyword));
  }

 private:
  // What ended a run of pieces: `else`, `end`, or the end of the text (empty).
  struct Stop {
    std::string keyword;
    size_t begin = 0;
    std::optional<Term> condition;  // of `else if`
  };

  Status Error(size_t at, std::string_view message) const { return ErrorAt(text_, at, message); }
  bool At(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpaces() {
    while (IsSpace(Peek())) ++at_;
  }

  StatusOr<Stop> ParsePieces(Pieces& pieces) {
    if (++depth_ > kMaxDepth) return Error(at_, "the template is nested too deeply");
    while (true) {
      const size_t open = std::min(text_.find("{{", at_), text_.size());
      std::string text(text_.substr(at_, open - at_));
      if (trim_) TrimFront(text);
      trim_ = false;
      at_ = open + 2;
      const bool trims_before =
          at_ + 1 < text_.size() && text_[at_] == '-' && IsSpace(text_[at_ + 1]);
      if (open < text_.size() && trims_before) {
        TrimBack(text);
        ++at_;
      }
      if (!text.empty()) pieces.push_back(Piece{std::move(text), {}, {}});
      if (open == text_.size()) {
        at_ = text_.size();
        --depth_;
        return Stop{"", open, {}};
      }
      action_ = open;
      SkipSpaces();
      if (At("/*")) {
        FW_RETURN_IF_ERROR(SkipComment());
        continue;
      }
      const size_t begin = at_;
      const std::string keyword = TakeKeyword();
      if (keyword.empty()) {
        FW_ASSIGN_OR_RETURN(Term term, ParsePipeline());
        FW_RETURN_IF_ERROR(Close());
        pieces.push_back(Piece{"", std::move(term), {}});
      } else if (keyword == "if") {
        FW_RETURN_IF_ERROR(ParseIf(pieces));
      } else {
        Stop stop{keyword, begin, {}};
        SkipSpaces();
        if (keyword == "else" && TakeKeyword() == "if") {
          FW_ASSIGN_OR_RETURN(stop.condition, ParsePipeline());
        }
        FW_RETURN_IF_ERROR(Close());
        --depth_;
        return stop;
      }
    }
  }

  // `if`, `else` or `end`, or nothing and stays.
  std::string TakeKeyword() {
    for (const std::string_view word : {"if", "else", "end"}) {
      const size_t end = at_ + word.size();
      if (At(word) && (end >= text_.size() || !IsWordCharacter(text_[end]))) {
        at_ = end;
        return std::string(word);
      }
    }
    return "";
  }

  Status ParseIf(Pieces& pieces) {
    const size_t begin = action_;
    Piece piece;
    FW_ASSIGN_OR_RETURN(Term condition, ParsePipeline());
    FW_RETURN_IF_ERROR(Close());
    piece.branches.push_back(Branch{std::move(condition), {}});
    while (true) {
      FW_ASSIGN_OR_RETURN(Stop stop, ParsePieces(piece.branches.back().pieces));
      if (stop.keyword.empty()) return Error(begin, "this if has no {{ end }}");
      if (stop.keyword == "end") break;
      if (!piece.branches.back().condition)
        return Error(stop.begin, "nothing may follow the last else");
      piece.branches.push_back(Branch{std::move(stop.condition), {}});
    }
    pieces.push_back(std::move(piece));
    return OkStatus();
  }

  static void TrimBack(std::string& text) {
    while (!text.empty() && IsSpace(text.back())) text.pop_back();
  }
  static void TrimFront(std::string& text) {
    text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  }

  Status SkipComment() {
    const size_t end = text_.find("*/", at_);
    if (end == std::string_view::npos) return Error(action_, "this comment has no end");
    at_ = end + 2;
    return Close();
  }

  // `}}`, or ` -}}`.
  Status Close() {
    const size_t before = at_;
    SkipSpaces();
    if (at_ > before && At("-}}")) {
      trim_ = true;
      ++at_;
    }
    if (At("}}")) {
      at_ += 2;
      return OkStatus();
    }
    if (at_ >= text_.size()) return Error(action_, "this {{ has no }}");
    return Unexpected();
  }

  Status Unexpected() const {
    if (At(":=") || At("="))
      return Error(at_, "variables cannot be set in an alert's template here");
    return Error(at_, fmt::format("unexpected '{}'", text_.substr(at_, 1)));
  }

  bool AtEndOfCommand() {
    SkipSpaces();
    return at_ >= text_.size() || At("}}") || At("-}}") || Peek() == '|' || Peek() == ')';
  }

  StatusOr<Term> ParsePipeline() {
    if (++depth_ > kMaxDepth) return Error(at_, "the template is nested too deeply");
    std::optional<Term> piped;
    while (true) {
      FW_ASSIGN_OR_RETURN(Term term, ParseCommand(std::move(piped)));
      piped = std::move(term);
      const size_t before = at_;
      SkipSpaces();
      if (Peek() != '|') {
        at_ = before;
        --depth_;
        return *std::move(piped);
      }
      ++at_;
    }
  }

  StatusOr<Term> ParseCommand(std::optional<Term> piped) {
    SkipSpaces();
    const size_t begin = at_;
    if (at_ >= text_.size()) return Error(action_, "this {{ has no }}");
    if (Lower(Peek()) >= 'a' && Lower(Peek()) <= 'z' && !IsConstantWord()) {
      return ParseCall(std::move(piped));
    }
    if (AtEndOfCommand()) return Error(begin, "a value or a function is missing here");
    FW_ASSIGN_OR_RETURN(Term term, ParseOperand());
    if (piped) return Error(begin, "only a function can take what is piped into it");
    const size_t end = at_;
    if (!AtEndOfCommand() && !At(":=") && !At("=")) {
      return Error(begin, "this is no function and takes no arguments");
    }
    at_ = end;
    return term;
  }

  std::string_view PeekWord() const {
    size_t end = at_;
    while (end < text_.size() && IsWordCharacter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool IsConstantWord() const { return PeekWord() == "true" || PeekWord() == "false"; }

  StatusOr<Term> ParseCall(std::optional<Term> piped) {
    Term call;
    call.kind = Term::Kind::kCall;
    call.begin = at_;
    const std::string_view name = PeekWord();
    const auto found = std::ranges::find(kFunctionNames, name);
    if (found == kFunctionNames.end()) {
      return Error(at_, fmt::format("'{}' is not known in an alert's template{}",
                                    name.substr(0, 40), promql::Suggest(name, kFunctionNames)));
    }
    call.function = static_cast<Function>(found - kFunctionNames.begin());
    at_ += name.size();
    size_t end = at_;
    while (!AtEndOfCommand()) {
      if (at_ == end) return Unexpected();
      if (At(":=") || At("=")) return Unexpected();
      FW_ASSIGN_OR_RETURN(Term argument, ParseOperand());
      call.arguments.push_back(std::move(argument));
      end = at_;
    }
    at_ = end;
    if (piped) call.arguments.push_back(*std::move(piped));
    FW_RETURN_IF_ERROR(CheckCall(name, call));
    return call;
  }

  StatusOr<Term> ParseOperand() {
    Term term;
    term.begin = at_;
    const char c = Peek();
    if (c == '(') {
      const size_t begin = at_++;
      FW_ASSIGN_OR_RETURN(term, ParsePipeline());
      SkipSpaces();
      if (Peek() != ')') return Error(begin, "this parenthesis is not closed");
      ++at_;
      return term;
    }
    if (c == '"' || c == '`') return ParseText();
    if (c == '$' || c == '.') return ParseReference();
    if (IsConstantWord()) {
      term.type = Type::kBool;
      term.constant = PeekWord() == "true";
      at_ += PeekWord().size();
      return term;
    }
    if ((c >= '0' && c <= '9') || c == '-' || c == '+') return ParseConstant();
    if (Lower(c) >= 'a' && Lower(c) <= 'z') {
      return Error(at_, "write a call inside another in parentheses");
    }
    return Unexpected();
  }

  StatusOr<Term> ParseText() {
    Term term;
    term.begin = at_;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != Peek())
      end += text_[end] == '\\' && Peek() == '"' ? 2 : 1;
    if (end >= text_.size()) return Error(at_, "this text has no closing quote");
    // Escapes are PromQL's, which are Go's.
    const auto tokens = promql::Tokenize(text_.substr(at_, end + 1 - at_));
    if (!tokens.ok() || tokens->size() != 2) return Error(at_, "this text has a bad escape");
    term.constant = tokens->front().text;
    at_ = end + 1;
    return term;
  }

  StatusOr<Term> ParseConstant() {
    Term term;
    term.begin = at_;
    size_t end = at_ + 1;
    while (end < text_.size() && (IsWordCharacter(text_[end]) || text_[end] == '.')) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
    int64_t integer = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
    if (read.ec == std::errc() && read.ptr == digits.data() + digits.size()) {
      term.type = Type::kInteger;
      term.constant = integer;
    } else {
      const StatusOr<double> number = promql::ParseNumber(word);
      if (!number.ok()) return Error(at_, number.status().message());
      term.type = Type::kNumber;
      term.constant = *number;
    }
    at_ = end;
    return term;
  }

  StatusOr<Term> ParseReference() {
    Term term;
    term.begin = at_;
    size_t end = at_ + 1;
    while (end < text_.size() && (IsWordCharacter(text_[end]) || text_[end] == '.')) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    if (word == "$value" || word == ".Value") {
      term.kind = Term::Kind::kValue;
      term.type = Type::kNumber;
      return term;
    }
    for (const std::string_view labels : {"$labels", ".Labels"}) {
      if (word == labels) {
        term.kind = Term::Kind::kLabels;
        term.type = Type::kLabels;
        return term;
      }
      if (word.starts_with(labels) && word[labels.size()] == '.') {
        term.kind = Term::Kind::kLabel;
        term.label = word.substr(labels.size() + 1);
        if (IsLabelName(term.label)) return term;
        return Error(term.begin, fmt::format("'{}' names no label", word));
      }
    }
    constexpr std::array<std::string_view, 4> kKnown = {"$labels", "$value", ".Labels", ".Value"};
    const std::string_view base = word.substr(0, word.find('.', 1));
    return Error(term.begin, fmt::format("'{}' is not known in an alert's template{}",
                                         word.substr(0, 40), promql::Suggest(base, kKnown)));
  }

  // --- types ---

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
  size_t at_ = 0;
  size_t action_ = 0;  // where the action being read starts
  bool trim_ = false;  // the white space that follows
  int depth_ = 0;
};

}  // namespace

struct Template::Body {
  Pieces pieces;
};

StatusOr<Template> Template::Compile(std::string_view text) {
  auto body = std::make_shared<Body>();
  FW_ASSIGN_OR_RETURN(body->pieces, Compiler(text).Run());
  return Template(std::move(body));
}

StatusOr<std::string> Template::Expand(const Labels& labels, double value) const {
  std::string out;
  FW_RETURN_IF_ERROR(ExpandInto(body_->pieces, Facts{labels, value}, out));
  return out;
}

}  // namespace forewarn
