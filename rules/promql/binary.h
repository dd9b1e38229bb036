#pragma once

#include "base/status.h"
#include "rules/promql/ast.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// The value of an arithmetic operator, or 1 and 0 of a comparison.
double Operate(TokenKind op, double left, double right);

// Whether results of the operator are another quantity, which the metric's name would be wrong for.
bool DropsName(TokenKind op);

// Whether the side that may repeat a signature is the right one.
bool IsSwapped(const Binary& binary);

// The labels by which a side is matched.
Labels Signature(const Labels& labels, const Matching& matching);

// The labels of what comes of `many` matched with `one`.
Labels ResultLabels(const Binary& binary, const Labels& many, const Labels& one);

// Both sides of `op` as scalars.
Column CombineScalars(const Binary& binary, const Column& left, const Column& right);

// A vector with a scalar on one side. A comparison without bool keeps the vector's values that
// pass.
StatusOr<Rows> CombineWithScalar(const Binary& binary, Rows vector, const Column& scalar,
                                 bool scalar_is_left);

// Two vectors, matched by labels. Fails where a match is not unique on the side that must be.
// The labels that group_left and group_right copy into each result are paid for.
StatusOr<Rows> CombineVectors(const Binary& binary, Rows left, Rows right, Budget& budget);

}  // namespace forewarn::promql
