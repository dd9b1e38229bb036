#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/fingerprint.h"
#include "base/time.h"

namespace forewarn {

// Remembers what one source sent within the last hour, so that what is sent again is known. Bounded: when more
// comes than it has room for, the oldest are forgotten early, but of what came last nothing is: a request
// that is larger than the room is known when it is sent again. Not thread-safe.
class RecentEvents {
 public:
  explicit RecentEvents(size_t room = 200'000) : room_(room) {}

  // Nothing when it is new: it is then remembered with `ticket`, which is that of the event before or a later
  // one. Otherwise the ticket that it first came with. `now` is arrival time.
  std::optional<uint64_t> Add(Fingerprint event, uint64_t ticket, Timestamp now);
  void Forget(Fingerprint event);

  // What came with the tickets from `last` on is to stay: forgets what is beyond the room, the oldest first.
  void MakeRoom(uint64_t last);

 private:
  struct Came {
    Timestamp at;
    uint64_t ticket = 0;
    Fingerprint event;
  };
  void ForgetOldest();

  const size_t room_;
  std::map<Fingerprint, uint64_t> known_;  // with their tickets
  std::deque<Came> came_;                  // in the order of their coming; some are forgotten since
};

}  // namespace forewarn
