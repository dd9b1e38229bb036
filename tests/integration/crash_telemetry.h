#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace forewarn::bench {

// What crash_load pushes: each sample and each event follows from its place alone, so that whoever reads them
// back knows what they must be.

inline constexpr Duration kInterval = 100ms;  // between two rounds

// The value of one sample. Series 0 is what the rules of crash_test.py look at: high for a tenth of the time, each
// host at another.
inline double ValueOf(size_t host, size_t series, size_t round) {
  constexpr size_t kPeriod = 1500;
  if (series == 0) return (round + 97 * host) % kPeriod < kPeriod / 10 ? 95 : 20;
  uint64_t mixed = (host * 1000 + series) * 0x9e3779b97f4a7c15 + round * 0xbf58476d1ce4e5b9;
  mixed ^= mixed >> 31;
  switch (series % 3) {
    case 0: return static_cast<double>(round * series);               // a counter
    case 1: return static_cast<double>(mixed % 1000) / 10;            // a gauge
    default: return static_cast<double>((round / 100 + series) % 7);  // a state
  }
}

inline bool HasEvent(size_t round) { return round % 20 == 0; }
inline std::string EventOf(size_t round) { return fmt::format("event of round {}", round); }

}  // namespace forewarn::bench
