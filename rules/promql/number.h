#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn::promql {

// How Go, and so Prometheus, reads and writes floats.

// The number that `text` spells, with all of it used: decimal, hexadecimal integer (`0x1F`), octal
// integer (`017`, as in Prometheus), or Inf and NaN in any case.
StatusOr<double> ParseNumber(std::string_view text);

// As Go's strconv writes a float: the shortest digits that read back the same. `FormatValue` takes
// an exponent when that is shorter, `FormatPlain` never and `FormatScientific` always: `1e+00`.
// Infinities are `+Inf` and `-Inf`.
std::string FormatValue(double value);
std::string FormatPlain(double value);
std::string FormatScientific(double value);

}  // namespace forewarn::promql
