#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/fingerprint.h"
#include "base/time.h"

namespace forewarn {

// DeltaSums adds up what one source sends as differences (delta temporality), so that it can be stored as
// what grows, which is what rules expect of a counter. Not thread-safe.
//
// A difference is known by its series and time: one that is not later than the last is a repeated
// one and changes nothing. This holds for as long as the process runs and the series is not silent for a
// day. After that each sum begins again at 0, which `rate()` and `increase()` take for the reset that it
// is; a request that was durable but not answered at a restart is then counted twice: at least once, as
// the protocol itself.
class DeltaSums {
 public:
  struct Sum {
    double value = 0;
    Timestamp at = Timestamp::min();  // event time of the last difference
    uint64_t ticket = 0;              // of the batch that brought it
    Timestamp arrival;
  };
  // What Add() did, for TakeBack() and Forget().
  struct Added {
    Fingerprint series;
    std::optional<Sum> before;  // none: the series was new
  };
  enum class Result { kAdded, kRepeated, kNoRoom };
  struct Outcome {
    Result result = Result::kAdded;
    Sum sum;  // as it is now; of none when there is no room
    Added added;
  };

  // Adds a difference that `ticket` brings at arrival time `now`. `room`: of how many series it remembers
  // the sums at most.
  Outcome Add(Fingerprint series, Timestamp at, double difference, uint64_t ticket, Timestamp now,
              size_t room);

  // Undoes an Add() that nothing came after.
  void TakeBack(const Added& added);

  // The batch `ticket` was not stored. Unless a later one has brought the sum along, it begins anew.
  void Forget(Fingerprint series, uint64_t ticket);

  // Forgets what no difference arrived of since `before`.
  void ForgetSilent(Timestamp before);

 private:
  std::map<Fingerprint, Sum> sums_;
};

}  // namespace forewarn
