#pragma once

#include <span>

#include "rules/promql/functions.h"

namespace forewarn::promql {

// Whether `function` works on each value by itself: `abs`, `clamp`, `hour`, …
bool IsElementwise(FunctionId function);

// Its result for one value. `parameters` are the scalar arguments that were given, in order. The
// stale marker means that the function gives nothing (clamp with its bounds the wrong way round).
double ApplyToValue(FunctionId function, double value, std::span<const double> parameters);

}  // namespace forewarn::promql
