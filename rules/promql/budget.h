#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/status.h"

namespace forewarn::promql {

// Work that an evaluation may still do; shared by all its parts. It counts what is done and not how long it takes,
// so that it ends at the same place whenever it is done again. Not thread-safe.
class Budget {
 public:
  // What it costs to find a series, and to make and compare the labels of a row, in samples touched: for who must
  // not take longer than so many samples do, whatever they are spent on.
  struct Weights {
    uint64_t series = 0;
    uint64_t row = 0;
  };

  // `stop` may be empty.
  explicit Budget(uint64_t operations, std::function<bool()> stop = nullptr)
      : limit_(operations), stop_(std::move(stop)) {}
  Budget(uint64_t operations, Weights weights) : limit_(operations), weights_(weights) {}

  // kResourceExhausted from when more was asked for than there is; kCancelled when it is to stop.
  Status Charge(uint64_t operations);
  // For text of so many bytes that the query makes: like the cells of the same size.
  Status ChargeText(size_t bytes) { return Charge(1 + bytes / sizeof(double)); }
  // For series that were read, and for rows with a value at each of `steps` instants, before they are made.
  Status ChargeSeries(size_t series) { return Charge(series * weights_.series); }
  Status ChargeRows(size_t rows, size_t steps) { return Charge(rows * (steps + weights_.row)); }

  // From now on there is nothing left.
  void Exhaust();

  uint64_t used() const { return used_; }
  uint64_t left() const { return limit_ - used_; }
  // Whether it refused something.
  bool is_exhausted() const { return is_exhausted_; }

 private:
  const uint64_t limit_;
  const std::function<bool()> stop_;
  const Weights weights_;
  uint64_t used_ = 0;
  bool is_exhausted_ = false;
};

// Rules run on their shard's thread: with these an operation takes about 10 ns, whatever it is.
inline constexpr Budget::Weights kRuleWeights = {.series = 100, .row = 60};

}  // namespace forewarn::promql
