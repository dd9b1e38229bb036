#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/fingerprint.h"
#include "base/time.h"
#include "collector/doors/batch_builder.h"
#include "collector/doors/delta_sums.h"
#include "collector/doors/recent_events.h"
#include "collector/shard.h"
#include "config/collector_settings.h"

namespace forewarn {

// What one source sent lately, so that what it sends again changes nothing (samples the fold knows by
// itself). Everything is remembered with the ticket of the batch that brought it: whoever finds that it
// repeats something can tell whether that is durable yet. Bounded, and a day of silence is forgotten. Not
// thread-safe.
class SourceMemory {
 public:
  // What is remembered since a batch came, to be undone if it is not stored.
  struct Claim {
    uint64_t ticket = 0;
    std::vector<Fingerprint> events;
    std::vector<DeltaSums::Added> sums;
  };
  // What a batch held that is not new.
  struct Repeated {
    std::set<uint64_t> tickets;  // of the batches that brought it first
    uint64_t events = 0;
    BatchReply samples;  // differences that were not added, and why
  };

  // Takes out of the batch what is known or cannot be added up, makes sums of its differences, and
  // remembers the rest with `ticket`. Adds to `repeated`. `now` is arrival time.
  Claim Take(DoorBatch& batch, uint64_t ticket, Timestamp now, const LimitSettings& limits,
             Repeated& repeated);

  // The batch found no room. The claim is the last that was made.
  void TakeBack(const Claim& claim);
  // The batches with the tickets from `first` on, the last that came, found room: forgets what is beyond the
  // bound, and nothing of theirs. Not before, or what comes and is not taken would make it forget.
  void Keep(uint64_t first) { events_.MakeRoom(first); }
  // The batch found room, but was not stored.
  void Forget(const Claim& claim);

 private:
  void TakeEvents(DoorBatch& batch, Timestamp now, Claim& claim, Repeated& repeated);
  void AddUp(DoorBatch& batch, Timestamp now, const LimitSettings& limits, Claim& claim,
             Repeated& repeated);

  RecentEvents events_;
  DeltaSums sums_;
  Timestamp swept_;
};

}  // namespace forewarn
