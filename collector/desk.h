#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "collector/partitions.h"
#include "collector/shard.h"
#include "model/entry.h"
#include "store/store.h"

namespace forewarn {

// How a person's call reaches the fold: commands go in as entries and are waited for, questions are
// put to the shards. Blocks, so it is used on a CallPool's threads only. Thread-safe.
class Desk {
 public:
  // Loans that outlive it.
  Desk(Partitions& partitions, const Store& store, const Clock& clock)
      : partitions_(partitions), store_(store), clock_(clock) {}

  // Submits an entry and waits until it is durable. Returns the shard's reply, or why it was
  // refused; kUnavailable when the shard is too busy to take it, kDeadlineExceeded when it took
  // longer than 30 s, and may then still be carried out.
  StatusOr<std::string> Submit(uint32_t partition, std::string actor,
                               std::variant<Batch, Command, Tick, Bundle> what);

  // Runs `question` on the shard's thread and waits for it.
  Status Ask(uint32_t partition, const ShardThread::Question& question) const;
  // The same for all partitions, one after the other; the first failure ends it.
  Status AskAll(const ShardThread::Question& question) const;
  // The partition of `customer`, or all when it is empty.
  Status AskAbout(const std::string& customer, const ShardThread::Question& question) const;

  Partitions& partitions() const { return partitions_; }
  const Store& store() const { return store_; }
  const Clock& clock() const { return clock_; }

 private:
  Partitions& partitions_;
  const Store& store_;
  const Clock& clock_;
};

}  // namespace forewarn
