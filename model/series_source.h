#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace forewarn {

// A value at an event time. Doubles, as in Prometheus.
struct Sample {
  Timestamp at;
  double value = 0;

  // Bitwise, so that a NaN equals itself.
  friend bool operator==(const Sample& a, const Sample& b) {
    return a.at == b.at && std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
  }
};

// The value that ends a series: it is compared by bits, since it is one of many NaNs.
inline constexpr uint64_t kStaleBits = 0x7ff0000000000002;
inline double StaleMarker() { return std::bit_cast<double>(kStaleBits); }
inline bool IsStale(double value) { return std::bit_cast<uint64_t>(value) == kStaleBits; }

// A series with its samples in time order, each time once; stale markers included.
struct SeriesData {
  Labels labels;
  std::vector<Sample> samples;
};

struct SelectLimits {
  size_t max_series = 100'000;
  size_t max_samples = 50'000'000;
};

// What rules and queries read from. Implemented by the store; by a fake in tests.
class SeriesSource {
 public:
  virtual ~SeriesSource() = default;

  // All series that match every matcher and have a sample in [from, to], ordered by labels, with
  // those samples. No matcher is no series. kResourceExhausted when a limit would be passed; the
  // message names it.
  virtual StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from,
                                                   Timestamp to,
                                                   const SelectLimits& limits) const = 0;
};

}  // namespace forewarn
