#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "incidents/manager.h"
#include "model/commit.h"
#include "model/entry.h"
#include "notifier/planner.h"
#include "rules/contact.h"
#include "rules/engine.h"
#include "store/head.h"
#include "store/store.h"

namespace forewarn {

// Shard is the fold over one partition: entries in, commits out. It computes what follows from an entry in
// pure steps and writes nothing itself; whoever drives it commits what it returns, in order, before anybody
// is told. No threads, no clock: the thread that runs it is collector/shard_thread.h, and the simulator
// runs it just as well. Not thread-safe.
class Shard {
 public:
  // `store` is a loan that outlives the shard.
  Shard(uint32_t partition, const Store& store, const HeadOptions& head);

  // Puts the shard where the partition's last commit left it: state from its records, samples from chunks
  // and journal. Consequences that were committed are not computed again.
  Status Recover();

  // Takes the next entry. The caller commits the result before it hands out its outcome, and never again
  // calls the shard when that fails.
  Commit Handle(Entry entry);

  // Arrival time at which a Tick is due; nothing while time alone changes nothing.
  std::optional<Timestamp> NextTimer() const;

  // For readers, on the thread that runs the shard.
  const Head& head() const { return head_; }
  const Contacts& contacts() const { return contacts_; }
  const Engine& engine() const { return engine_; }
  const IncidentManager& incidents() const { return incidents_; }
  const Planner& planner() const { return planner_; }
  const Bundle& bundle() const { return bundle_; }
  uint64_t sequence() const { return sequence_; }
  uint64_t JournalKeptFrom() const { return head_.JournalKeptFrom(sequence_ + 1); }

 private:
  const uint32_t partition_;
  const Store& store_;

  uint64_t sequence_ = 0;
  Timestamp last_arrival_ = kTimeZero;
  Bundle bundle_;
  Head head_;
  Contacts contacts_;
  Engine engine_;
  IncidentManager incidents_;
  Planner planner_;
};

}  // namespace forewarn
