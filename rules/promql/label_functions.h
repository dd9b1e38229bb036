#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/promql/rows.h"

namespace forewarn::promql {

// label_replace: where `expression` (RE2, anchored) matches the label `source`, the label `target`
// becomes `replacement`, in which $1 and ${name} stand for the groups; an empty result removes it.
StatusOr<Rows> ReplaceLabel(Rows rows, std::string_view target, std::string_view replacement,
                            std::string_view source, std::string_view expression);

// label_join: `target` becomes the values of `sources` with `separator` between them.
StatusOr<Rows> JoinLabels(Rows rows, std::string_view target, std::string_view separator,
                          std::span<const std::string> sources);

}  // namespace forewarn::promql
