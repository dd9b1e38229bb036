#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/fingerprint.h"
#include "base/time.h"

namespace forewarn {

// DeltaSums adds up what one source sends as differences (delta temporality), so that it can be stored as
// what grows, which is what rules expect of a counter. Not thread-safe.
//
// A difference is known by its series and time: one of a time that came before is a repeated one and
// changes nothing. One that was overtaken by later ones is added all the same, and what it makes is a
// sample just behind the newest, since those that are stored do not change any more. Of each series the
// last kKnownTimes times are known; what is older than those may be either, and is not taken.
//
// This holds for as long as the process runs and the series is not silent for a day. After that each sum
// begins again at 0, and its caller stores that 0, so that `rate()` and `increase()` see the reset; a
// request that was durable but not answered at a restart is then counted twice: at least once, as the
// protocol itself.
class DeltaSums {
 public:
  static constexpr size_t kKnownTimes = 32;

  struct Sum {
    double value = 0;
    Timestamp at;         // event time of the newest sample that was made of it
    uint64_t ticket = 0;  // of the batch that brought the last difference
    Timestamp arrival;
  };
  // What Add() did, for TakeBack().
  struct Added {
    Fingerprint series;
    Timestamp at;               // event time of the difference
    std::optional<Sum> before;  // none: the series was new
    // The oldest time that was known and is no longer, and the one that was forgotten before it.
    std::optional<Timestamp> forgotten;
    Timestamp forgotten_before;
  };
  enum class Result { kAdded, kRepeated, kTooLate, kNoRoom };
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
  struct Series {
    Sum sum;
    std::vector<Timestamp> known;            // of the differences in the sum, ascending
    Timestamp forgotten = Timestamp::min();  // of all times up to this one it is not known
  };

  std::map<Fingerprint, Series> series_;
};

}  // namespace forewarn
