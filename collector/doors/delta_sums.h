#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/fingerprint.h"

namespace forewarn {

// DeltaSums adds up what comes as differences (delta temporality), so that it can be stored as what
// grows, which is what rules expect of a counter. Thread-safe.
//
// A difference is known by its series and time: one that is not later than the last is a repeated
// one and changes nothing. This holds for as long as the process runs. After a restart each sum
// begins again at 0, which `rate()` and `increase()` take for the reset that it is; a request that
// was durable but not answered at that moment is then counted twice: at least once, as the protocol
// itself.
class DeltaSums {
 public:
  // `room`: how many series it remembers at most.
  explicit DeltaSums(size_t room = 1'000'000) : room_(room) {}

  // What was added, so that it can be taken back when the request could not be stored.
  struct Added {
    Fingerprint series;
    int64_t time_ms = 0;
    double difference = 0;
    int64_t time_before_ms = 0;
  };
  enum class Result { kAdded, kRepeated, kNoRoom };
  struct Outcome {
    Result result = Result::kAdded;
    double sum = 0;  // of all differences so far
    Added added;
  };
  Outcome Add(Fingerprint series, int64_t time_ms, double difference);

  // Undoes an Add() if nothing came after it.
  void TakeBack(const Added& added);

 private:
  struct Sum {
    double value = 0;
    int64_t time_ms = INT64_MIN;
  };

  const size_t room_;
  // Requests are read on several threads; a sum is added to in an instant.
  std::mutex mutex_;
  std::map<Fingerprint, Sum> sums_;
};

}  // namespace forewarn
