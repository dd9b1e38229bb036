#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// Text forms of durations, sizes and times. Every Parse is the inverse of its Format and takes
// nothing else: a bare number is refused, since nobody can know its unit.

// `1h30m`, `15s`, `250ms`, `2w`; units ms s m h d w y (y is 365 days), largest first, each at most
// once, as Prometheus writes them. `0s` for zero. Refuses leading zeros, signs, and what does not
// fit 64-bit milliseconds. A negative duration is formatted with a `-` in front, for people alone.
StatusOr<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration d);

// Bytes: `64MiB`, `4KiB`, `512B`; units B KiB MiB GiB TiB and kB MB GB TB. Formats in the largest
// unit that is exact.
StatusOr<int64_t> ParseSize(std::string_view text);
std::string FormatSize(int64_t bytes);

// RFC 3339: reads `2026-05-01T10:00:00.250Z` and `+02:00` offsets, up to nine decimals, of which
// those after the third are cut off; writes UTC, milliseconds only when there are any. A time that
// four digits of a year cannot hold is written `@<milliseconds>ms`, which is not read back.
StatusOr<Timestamp> ParseTime(std::string_view text);
std::string FormatTime(Timestamp at);

}  // namespace forewarn
