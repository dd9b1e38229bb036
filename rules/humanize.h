#pragma once

#include <string>

namespace forewarn {

// Numbers as alert texts show them: the same letters as Prometheus' template functions of these
// names.

// As Go prints a float: the shortest digits, with an exponent from a million on: `0.25`, `1e+06`.
std::string PlainNumber(double value);

std::string Humanize(double value);            // 1234567 -> `1.235M`
std::string Humanize1024(double value);        // 1048576 -> `1Mi`
std::string HumanizeDuration(double seconds);  // 3725 -> `1h 2m 5s`; 0.25 -> `250ms`
std::string HumanizePercentage(double ratio);  // 0.123 -> `12.3%`
// 0 -> `1970-01-01 00:00:00 +0000 UTC`; beyond 64-bit nanoseconds, the number.
std::string HumanizeTimestamp(double seconds);

}  // namespace forewarn
