#pragma once

#include <cstdint>
#include <random>

#include "base/check.h"

namespace forewarn {

// A seeded source of chance that gives the same numbers on every machine (mt19937_64 and our own
// mapping; the standard's distributions differ between libraries). Passed in wherever chance is
// needed, never inside the fold. Not for secrets; not thread-safe.
class Rng {
 public:
  explicit Rng(uint64_t seed) : engine_(seed) {}

  uint64_t Next() { return engine_(); }
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) {
    FW_CHECK(bound > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    uint64_t value = engine_();
    while (value >= limit) value = engine_();
    return value % bound;
  }
  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Unit() < probability; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace forewarn
