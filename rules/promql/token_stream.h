#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "rules/promql/token.h"

namespace forewarn::promql {

// The words of an expression from left to right, and errors that point into it. The text must
// outlive the stream.
class TokenStream {
 public:
  // Of tokens as Tokenize gives them: the last is kEnd, at which the stream stays.
  TokenStream(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  const Token& Peek(size_t ahead = 0) const;
  const Token& Take();
  bool TakeIf(TokenKind kind);
  // Where the word that was taken last ends; 0 at the beginning.
  size_t LastEnd() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

  Status Error(size_t at, std::string_view message) const;
  // `unexpected ')', expected a label name`, at the next word.
  Status Unexpected(std::string_view wanted) const;
  // Takes a word of this kind or fails: `expected ')' where`.
  Status Expect(TokenKind kind, std::string_view where);

 private:
  const std::string_view text_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace forewarn::promql
