#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "model/entry.h"

namespace forewarn {

// Where a shard's entries come from: the seam between one machine and many. A source gives each
// entry a position and decides when its sender is told: a local queue after the commit, a
// replicated log after its own publish. Shards derive everything from entries and from nothing
// else.
class EntrySource {
 public:
  virtual ~EntrySource() = default;

  struct Item {
    uint64_t position = 0;  // grows within the source
    Entry entry;
  };

  // The next entry; waits at most `patience`. Nothing on time-out and after the source was closed.
  // One thread, the shard's, calls this.
  virtual std::optional<Item> Next(Duration patience) = 0;

  // Makes a Next() that waits return early, with nothing. Thread-safe.
  virtual void Wake() = 0;

  // The entry at `position` and all its consequences are durable, with this outcome for its sender.
  // Called in the order of positions, by the committer's thread.
  virtual void Committed(uint64_t position, const Status& outcome, const std::string& reply) = 0;
};

// What an edge hands in: an entry and whom to tell. `done` is called once, on the committer's
// thread, and must not block; it is never called when Submit() refused.
struct Submission {
  Entry entry;
  std::function<void(const Status& outcome, const std::string& reply)> done;
};

// Takes submissions for all partitions and brings each to its shard's source. Thread-safe, never
// waits.
class EntrySink {
 public:
  virtual ~EntrySink() = default;

  // False when the shard's queue is full or closed; the caller slows its sender down. `submission`
  // is then as it was.
  bool Submit(Submission& submission) { return SubmitAll({&submission, 1}); }
  // What belongs together, of one customer and partition: takes all of it, in order, or nothing. It finds room
  // wherever one would, however much it is: a sender whose request is several entries could else never finish
  // while others keep the queue full.
  virtual bool SubmitAll(std::span<Submission> together) = 0;
};

}  // namespace forewarn
