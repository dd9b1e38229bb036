#include "rules/template_parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "rules/template_cursor.h"
#include "rules/template_term.h"

namespace forewarn::templates {
namespace {

constexpr std::array<std::string_view, 10> kKeywords = {
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"};

// What ended a run of pieces: `else`, `end`, or the end of the text (empty).
struct Stop {
  std::string keyword;
  size_t begin = 0;
  bool if_follows = false;  // `else if`
};

class Parser {
 public:
  explicit Parser(std::string_view text) : cursor_{text} {}

  StatusOr<Tree> Run() {
    if (cursor_.text.size() > kMaxText) {
      return InvalidArgument("the template is longer than 64 KiB");
    }
    FW_ASSIGN_OR_RETURN(const Stop stop, ParsePieces(tree_.pieces));
    if (!stop.keyword.empty()) {
      return cursor_.Error(stop.begin, fmt::format("'{}' without an if", stop.keyword));
    }
    for (const auto& [name, begin] : used_) {
      if (tree_.definitions.contains(name)) continue;
      return cursor_.Error(begin, fmt::format("no template '{}' is defined", name));
    }
    return std::move(tree_);
  }

 private:
  StatusOr<Stop> ParsePieces(Pieces& pieces) {
    if (++cursor_.depth > Cursor::kMaxDepth) {
      return cursor_.Error(cursor_.at, "the template is nested too deeply");
    }
    while (true) {
      if (!TakeText(pieces)) {
        --cursor_.depth;
        return Stop{"", cursor_.at, false};
      }
      cursor_.SkipSpaces();
      if (cursor_.At("/*")) {
        FW_RETURN_IF_ERROR(SkipComment());
        continue;
      }
      const size_t begin = cursor_.at;
      const std::string keyword = TakeKeyword();
      if (keyword == "else" || keyword == "end") {
        --cursor_.depth;
        return FinishRun(keyword, begin);
      }
      FW_RETURN_IF_ERROR(ParseAction(keyword, begin, pieces));
    }
  }

  // The text up to the next action, which `cursor_` then stands in; false when there is none.
  bool TakeText(Pieces& pieces) {
    const std::string_view all = cursor_.text;
    const size_t open = std::min(all.find("{{", cursor_.at), all.size());
    std::string text(all.substr(cursor_.at, open - cursor_.at));
    if (trim_) text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    trim_ = false;
    const bool is_last = open == all.size();
    cursor_.at = is_last ? open : open + 2;
    cursor_.action = open;
    if (cursor_.Peek() == '-' && Cursor::IsSpace(cursor_.Peek(1))) {
      while (!text.empty() && Cursor::IsSpace(text.back())) text.pop_back();
      ++cursor_.at;
    }
    if (!text.empty()) {
      pieces.emplace_back();
      pieces.back().text = std::move(text);
    }
    return !is_last;
  }

  StatusOr<Stop> FinishRun(const std::string& keyword, size_t begin) {
    Stop stop{keyword, begin, false};
    if (keyword == "else") {
      const size_t end = cursor_.at;
      cursor_.SkipSpaces();
      if (cursor_.PeekWord() == "if") {
        cursor_.at += 2;
        stop.if_follows = true;
        return stop;
      }
      cursor_.at = end;
    }
    FW_RETURN_IF_ERROR(Close());
    return stop;
  }

  Status ParseAction(const std::string& keyword, size_t begin, Pieces& pieces) {
    if (keyword == "if") return ParseControl(Piece::Kind::kIf, keyword, pieces);
    if (keyword == "with") return ParseControl(Piece::Kind::kWith, keyword, pieces);
    if (keyword == "range") return ParseControl(Piece::Kind::kRange, keyword, pieces);
    if (keyword == "define") {
      if (cursor_.depth > 1) {
        return cursor_.Error(begin, "a template can only be defined outside of everything else");
      }
      std::string name;
      FW_RETURN_IF_ERROR(ParseName(name));
      FW_RETURN_IF_ERROR(Close());
      return ParseDefinition(keyword, name);
    }
    Piece piece;
    if (keyword == "template" || keyword == "block") {
      piece.kind = Piece::Kind::kTemplate;
      FW_RETURN_IF_ERROR(ParseName(piece.text));
      used_.emplace(piece.text, begin);
      cursor_.SkipSpaces();
      if (!cursor_.At("}}") && !cursor_.At("-}}")) {
        FW_ASSIGN_OR_RETURN(piece.term, terms_.ParsePipeline(scope_));
      }
      FW_RETURN_IF_ERROR(Close());
      if (keyword == "block") FW_RETURN_IF_ERROR(ParseDefinition(keyword, piece.text));
    } else if (keyword == "break" || keyword == "continue") {
      piece.kind = keyword == "break" ? Piece::Kind::kBreak : Piece::Kind::kContinue;
      if (scope_.loops == 0) {
        return cursor_.Error(begin, fmt::format("'{}' outside of a range", keyword));
      }
      FW_RETURN_IF_ERROR(Close());
    } else {
      piece.kind = Piece::Kind::kTerm;
      FW_ASSIGN_OR_RETURN(piece.term, ParseAssignment(piece.slots, false));
      FW_RETURN_IF_ERROR(Close());
    }
    pieces.push_back(std::move(piece));
    return OkStatus();
  }

  // A keyword, or nothing and stays.
  std::string TakeKeyword() {
    const std::string_view word = cursor_.PeekWord();
    if (std::ranges::find(kKeywords, word) == kKeywords.end()) return "";
    cursor_.at += word.size();
    return std::string(word);
  }

  // The name of a template.
  Status ParseName(std::string& name) {
    cursor_.SkipSpaces();
    if (cursor_.Peek() != '"' && cursor_.Peek() != '`') {
      return cursor_.Error(cursor_.at, "the name of a template must be here, in quotes");
    }
    FW_ASSIGN_OR_RETURN(const Term text, terms_.ParseText());
    name = std::get<std::string>(text.constant);
    return OkStatus();
  }

  Status ParseDefinition(const std::string& keyword, const std::string& name) {
    const size_t begin = cursor_.action;
    Scope inside;
    inside.dot = Type::kAny;
    inside.root = Type::kAny;
    inside.knows_alert = false;
    std::swap(scope_, inside);
    Pieces pieces;
    FW_ASSIGN_OR_RETURN(const Stop stop, ParsePieces(pieces));
    std::swap(scope_, inside);
    if (stop.keyword.empty()) {
      return cursor_.Error(begin, fmt::format("this {} has no {{{{ end }}}}", keyword));
    }
    if (stop.keyword != "end") return cursor_.Error(stop.begin, "'else' without an if");
    if (tree_.definitions.emplace(name, std::move(pieces)).second) return OkStatus();
    return cursor_.Error(begin, fmt::format("the template '{}' is defined twice", name));
  }

  Status ParseControl(Piece::Kind kind, const std::string& keyword, Pieces& pieces) {
    const size_t begin = cursor_.action;
    const Scope outside = scope_;
    Piece piece;
    piece.kind = kind;
    bool reads_condition = true;
    while (true) {
      Branch& branch = piece.branches.emplace_back();
      if (reads_condition) {
        FW_ASSIGN_OR_RETURN(branch.condition,
                            ParseAssignment(branch.slots, kind == Piece::Kind::kRange));
        FW_RETURN_IF_ERROR(Close());
        FW_RETURN_IF_ERROR(Enter(kind, *branch.condition));
      }
      FW_ASSIGN_OR_RETURN(const Stop stop, ParsePieces(branch.pieces));
      scope_ = outside;
      if (stop.keyword.empty()) {
        return cursor_.Error(begin, fmt::format("this {} has no {{{{ end }}}}", keyword));
      }
      if (stop.keyword == "end") break;
      if (!branch.condition) {
        return cursor_.Error(stop.begin, "nothing may follow the last else");
      }
      if (stop.if_follows && kind != Piece::Kind::kIf) {
        return cursor_.Error(stop.begin, fmt::format("a {} has no 'else if'", keyword));
      }
      reads_condition = stop.if_follows;
    }
    pieces.push_back(std::move(piece));
    return OkStatus();
  }

  // What `.` is inside, and whether one may break out.
  Status Enter(Piece::Kind kind, const Term& condition) {
    if (kind == Piece::Kind::kWith) scope_.dot = condition.type;
    if (kind != Piece::Kind::kRange) return OkStatus();
    ++scope_.loops;
    switch (condition.type) {
      case Type::kSamples: scope_.dot = Type::kSample; return OkStatus();
      case Type::kLabels: scope_.dot = Type::kText; return OkStatus();
      case Type::kArguments:
      case Type::kAny: scope_.dot = Type::kAny; return OkStatus();
      default:
        return cursor_.Error(condition.begin,
                             fmt::format("a range goes over query results or labels, not over {}",
                                         NameOf(condition.type)));
    }
  }

  // A pipeline, with the variables that it is for: `$x := …`, `$x = …`, and of a range
  // `$key, $element := …`.
  StatusOr<Term> ParseAssignment(Slots& slots, bool takes_two) {
    cursor_.SkipSpaces();
    const size_t begin = cursor_.at;
    std::vector<std::string> names;
    while (cursor_.Peek() == '$' && names.size() < 2) {
      ++cursor_.at;
      names.push_back("$" + std::string(cursor_.PeekWord()));
      cursor_.at += names.back().size() - 1;
      cursor_.SkipSpaces();
      if (!takes_two || cursor_.Peek() != ',') break;
      ++cursor_.at;
      cursor_.SkipSpaces();
    }
    const bool declares = cursor_.At(":=");
    if (names.empty() || (!declares && !cursor_.At("="))) {
      cursor_.at = begin;
      return terms_.ParsePipeline(scope_);
    }
    const size_t sign = cursor_.at;
    if (std::ranges::find(names, "$") != names.end()) {
      return cursor_.Error(begin, "'$' is what the template was given, and cannot be set");
    }
    cursor_.at += declares ? 2 : 1;
    FW_ASSIGN_OR_RETURN(Term term, terms_.ParsePipeline(scope_));
    for (std::string& name : names) {
      if (declares) {
        slots.push_back(scope_.variables.size());
        scope_.variables.push_back(std::move(name));
        continue;
      }
      const auto found =
          std::ranges::find(scope_.variables.rbegin(), scope_.variables.rend(), name);
      if (found == scope_.variables.rend()) {
        return cursor_.Error(
            sign, fmt::format("'{}' is no variable of this template; declare it with :=", name));
      }
      slots.push_back(static_cast<size_t>(scope_.variables.rend() - found) - 1);
    }
    return term;
  }

  Status SkipComment() {
    const size_t end = cursor_.text.find("*/", cursor_.at);
    if (end == std::string_view::npos) {
      return cursor_.Error(cursor_.action, "this comment has no end");
    }
    cursor_.at = end + 2;
    return Close();
  }

  // `}}`, or ` -}}`.
  Status Close() {
    const size_t before = cursor_.at;
    cursor_.SkipSpaces();
    if (cursor_.at > before && cursor_.At("-}}")) {
      trim_ = true;
      ++cursor_.at;
    }
    if (cursor_.At("}}")) {
      cursor_.at += 2;
      return OkStatus();
    }
    if (cursor_.AtEnd()) return cursor_.Error(cursor_.action, "this {{ has no }}");
    return cursor_.Error(cursor_.at,
                         fmt::format("unexpected '{}'", cursor_.text.substr(cursor_.at, 1)));
  }

  Cursor cursor_;
  TermParser terms_{cursor_};
  Scope scope_;
  Tree tree_;
  std::map<std::string, size_t> used_;  // templates, by name, and where first
  bool trim_ = false;                   // the white space that follows
};

}  // namespace

StatusOr<Tree> ParseTree(std::string_view text) { return Parser(text).Run(); }

}  // namespace forewarn::templates
