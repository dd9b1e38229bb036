#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"

namespace forewarn {

// What is left of samples when they are dropped: one rollup for each stretch of event time that had
// any. The grammar is at the top of rollup.cc.
struct Rollup {
  // Of the values that are numbers; count 0: there was none, and these four are 0.
  double min = 0;
  double max = 0;
  double sum = 0;
  uint64_t count = 0;
  Sample last;  // the last sample whatever it is, a stale marker too; its time tells the stretch

  friend bool operator==(const Rollup&, const Rollup&) = default;
};

// The stretches, each a divisor of a day; they begin at multiples of themselves.
inline constexpr std::array<Duration, 2> kRollupStretches = {5min, 60min};

// Of samples in time order; the rollups are in time order too.
std::vector<Rollup> RollUp(std::span<const Sample> samples, Duration stretch);

// Adds `more`, of other samples of the same series, to `rollups`; both in time order.
void Merge(std::span<const Rollup> more, Duration stretch, std::vector<Rollup>& rollups);

// `rollups` is not empty and holds at most a day.
std::string EncodeRollups(std::span<const Rollup> rollups);
// Appends to `out`. kDataLoss for bytes that EncodeRollups cannot have written; `out` then holds
// what it held.
Status DecodeRollups(std::string_view bytes, std::vector<Rollup>& out);

}  // namespace forewarn
