#include "rules/promql/token_stream.h"

#include <fmt/core.h>

#include <algorithm>

#include "rules/promql/position.h"

namespace forewarn::promql {

const Token& TokenStream::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& TokenStream::Take() {
  const Token& token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool TokenStream::TakeIf(TokenKind kind) {
  if (Peek().kind != kind) return false;
  Take();
  return true;
}

Status TokenStream::Error(size_t at, std::string_view message) const {
  return ErrorAt(text_, at, message);
}

Status TokenStream::Unexpected(std::string_view wanted) const {
  const Token& next = Peek();
  if (next.kind == TokenKind::kEnd) {
    return Error(next.begin, fmt::format("the expression ends here, expected {}", wanted));
  }
  return Error(next.begin,
               fmt::format("unexpected {}, expected {}{}", Describe(next), wanted,
                           next.kind == TokenKind::kAssign ? "; did you mean '=='?" : ""));
}

Status TokenStream::Expect(TokenKind kind, std::string_view where) {
  if (TakeIf(kind)) return OkStatus();
  return Unexpected(fmt::format("'{}' {}", Spelling(kind), where));
}

}  // namespace forewarn::promql
