#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/fingerprint.h"
#include "base/time.h"

namespace forewarn {

// Remembers what one source sent within the last hour, so that what is sent again is known: at least for
// an hour, at most for two. Bounded: when more comes than it has room for, the older half is forgotten
// early. Not thread-safe.
class RecentEvents {
 public:
  explicit RecentEvents(size_t room = 50'000) : half_(room / 2) {}

  // Nothing when it is new: it is then remembered with `ticket`. Otherwise the ticket that it first
  // came with. `now` is arrival time.
  std::optional<uint64_t> Add(Fingerprint event, uint64_t ticket, Timestamp now);
  void Forget(Fingerprint event);

 private:
  const size_t half_;
  // Two generations: the younger one becomes the older one after an hour, or when it is full.
  Timestamp since_;
  std::map<Fingerprint, uint64_t> younger_;
  std::map<Fingerprint, uint64_t> older_;
};

}  // namespace forewarn
