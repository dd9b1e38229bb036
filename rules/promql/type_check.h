#pragma once

#include <string_view>

#include "base/status.h"
#include "rules/promql/ast.h"
#include "rules/promql/token_stream.h"

namespace forewarn::promql {

// What the parts of an expression may be put together to. `words` gives errors their place.

// Forgets a matching that means nothing; gives the operation's type.
StatusOr<ValueType> CheckBinary(const TokenStream& words, Binary& binary, size_t op_begin);

Status CheckSigned(const TokenStream& words, const Node& operand);

// The number and the types of the arguments; `begin` is where the function's name stands.
Status CheckCall(const TokenStream& words, const Call& call, size_t begin);

// That one argument of `of`, a function or an aggregation, has the type wanted.
Status CheckArgument(const TokenStream& words, const Node& argument, ValueType wanted,
                     std::string_view of);

// An error that names the functions and aggregations nearest to an unknown one.
Status UnknownFunction(const TokenStream& words, const Token& name);

}  // namespace forewarn::promql
