#pragma once

#include <atomic>

#include "base/time.h"

namespace forewarn {

// Where the time comes from. Only shard and delivery threads, the probe's agent and `main` hold
// one; everything else takes the time as an argument, which is what makes a simulation repeat.
// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time. May jump in either direction.
  virtual Timestamp Now() const = 0;

  // Time since some fixed moment; never decreases. For timeouts and measuring.
  virtual Duration Monotonic() const = 0;
};

// The machine's clock. One instance for the process is enough; it has no state.
class SystemClock : public Clock {
 public:
  Timestamp Now() const override;
  Duration Monotonic() const override;
};

// A clock that moves only when told to. For tests and the simulator.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_ms_(ToMillis(start)) {}

  Timestamp Now() const override { return FromMillis(now_ms_.load()); }
  Duration Monotonic() const override { return Duration(monotonic_ms_.load()); }

  // Both clocks go forward. `by` is not negative.
  void Advance(Duration by) {
    now_ms_ += by.count();
    monotonic_ms_ += by.count();
  }
  // The wall clock jumps, as after a wrong NTP answer; the monotonic clock does not notice.
  void Jump(Duration by) { now_ms_ += by.count(); }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_ = 0;
};

}  // namespace forewarn
