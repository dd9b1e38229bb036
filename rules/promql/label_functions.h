#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/labels.h"
#include "rules/promql/ast.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// The longest value that a label is given here, in bytes: a function may take its own result again,
// and multiply it each time. What is longer is refused before it is made, and what is made is paid
// for.
inline constexpr size_t kMaxMadeValue = 64 << 10;

// label_replace: where `expression` (RE2, anchored) matches the label `source`, the label `target`
// becomes `replacement`, in which $1 and ${name} stand for the groups; an empty result removes it.
// The expression has at most 100 groups, and the bounds of CompileRegex.
StatusOr<Rows> ReplaceLabel(Rows rows, std::string_view target, std::string_view replacement,
                            std::string_view source, std::string_view expression, Budget& budget);

// label_join: `target` becomes the values of `sources` with `separator` between them.
StatusOr<Rows> JoinLabels(Rows rows, std::string_view target, std::string_view separator,
                          std::span<const std::string> sources, Budget& budget);

// What a call of either makes of the rows of its vector.
StatusOr<Rows> ChangeLabels(const Call& call, Rows rows, Budget& budget);

// The labels that the vector of a call of absent() or absent_over_time() demands of its series.
Labels DemandedLabels(const Call& call);

}  // namespace forewarn::promql
