#pragma once

#include <cstddef>
#include <set>

#include "base/fingerprint.h"
#include "base/time.h"

namespace forewarn {

// Remembers what came within the last hour, so that what is sent again is known: at least for an hour,
// at most for two. Bounded: when more comes than it has room for, the older half is forgotten early.
// Not thread-safe.
class RecentEvents {
 public:
  explicit RecentEvents(size_t room = 400'000) : half_(room / 2) {}

  // False when it came before. `now` is arrival time.
  bool Add(Fingerprint event, Timestamp now);
  void Forget(Fingerprint event);

 private:
  const size_t half_;
  // Two generations: the younger one becomes the older one after an hour, or when it is full.
  Timestamp since_;
  std::set<Fingerprint> younger_;
  std::set<Fingerprint> older_;
};

}  // namespace forewarn
