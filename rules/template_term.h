#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "rules/template_cursor.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// What terms may refer to where they stand.
struct Scope {
  Type dot = Type::kAlert;             // of `.`
  Type root = Type::kAlert;            // of `$`
  bool knows_alert = true;             // $labels, $value, …; a definition does not
  int loops = 0;                       // around
  std::vector<std::string> variables;  // with their `$`; the index is the slot
};

// Reads the terms of a template, and checks their types on the way, so that the first error has its
// place.
class TermParser {
 public:
  // The cursor is a loan that outlives it.
  explicit TermParser(Cursor& cursor) : cursor_(cursor) {}

  // `f a | g`, up to what may not follow: `}}` as a rule.
  StatusOr<Term> ParsePipeline(const Scope& scope);

  // A text in quotes.
  StatusOr<Term> ParseText();

 private:
  StatusOr<Term> ParseCommand(std::optional<Term> piped, const Scope& scope);
  StatusOr<Term> ParseCall(std::optional<Term> piped, const Scope& scope);
  StatusOr<Term> ParseOperand(const Scope& scope);
  StatusOr<Term> ParseConstant();
  StatusOr<Term> ParseReference(const Scope& scope);
  // What `$name` is, or `$`.
  StatusOr<Term> FindVariable(const std::string& name, size_t begin, const Scope& scope) const;
  // The `.a.b` behind a term.
  StatusOr<Term> ParseFields(Term term);
  StatusOr<Term> MakeField(Term of, std::string_view name) const;
  // Arguments up to the end of the command.
  Status ParseArguments(std::vector<Term>& arguments, const Scope& scope);

  bool IsConstantWord() const;
  bool AtEndOfCommand();
  Status Unexpected() const;

  Cursor& cursor_;
};

}  // namespace forewarn::templates
