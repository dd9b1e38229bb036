#include "rules/template_parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "rules/promql/lexer.h"
#include "rules/promql/number.h"
#include "rules/promql/position.h"
#include "rules/template_check.h"

namespace forewarn::templates {
namespace {

using promql::ErrorAt;

constexpr int kMaxDepth = 50;

// What a Prometheus adds to all that leaves it; here nothing is added.
const Labels kNoExternalLabels;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

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
        const size_t end = at_;
        SkipSpaces();
        if (keyword == "else" && TakeKeyword() == "if") {
          FW_ASSIGN_OR_RETURN(stop.condition, ParsePipeline());
        } else {
          at_ = end;
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
    FW_RETURN_IF_ERROR(CheckCall(text_, name, call));
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
    for (const std::string_view labels :
         {"$labels", ".Labels", "$externalLabels", ".ExternalLabels"}) {
      const bool external = labels != "$labels" && labels != ".Labels";
      if (word == labels) {
        term.kind = external ? Term::Kind::kConstant : Term::Kind::kLabels;
        term.type = Type::kLabels;
        term.constant = &kNoExternalLabels;
        return term;
      }
      if (word.starts_with(labels) && word[labels.size()] == '.') {
        term.kind = external ? Term::Kind::kConstant : Term::Kind::kLabel;
        term.constant = std::string();
        term.label = word.substr(labels.size() + 1);
        if (IsLabelName(term.label)) return term;
        return Error(term.begin, fmt::format("'{}' names no label", word));
      }
    }
    constexpr std::array<std::string_view, 6> kKnown = {"$labels", "$value", "$externalLabels",
                                                        ".Labels", ".Value", ".ExternalLabels"};
    const std::string_view base = word.substr(0, word.find('.', 1));
    return Error(term.begin, fmt::format("'{}' is not known in an alert's template{}",
                                         word.substr(0, 40), promql::Suggest(base, kKnown)));
  }

  const std::string_view text_;
  size_t at_ = 0;
  size_t action_ = 0;  // where the action being read starts
  bool trim_ = false;  // the white space that follows
  int depth_ = 0;
};

}  // namespace

StatusOr<Pieces> ParsePieces(std::string_view text) { return Parser(text).Run(); }

}  // namespace forewarn::templates
