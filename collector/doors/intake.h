#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "collector/doors/recent_events.h"
#include "collector/entry_source.h"
#include "collector/metrics.h"
#include "collector/shard.h"
#include "config/collector_settings.h"
#include "model/source_token.h"
#include "model/telemetry.h"

namespace forewarn {

// DoorIntake is where all doors without numbers lead: it hands their batches to the source's shard, as
// a push does, and says when they are durable. Thread-safe; nothing here waits.
//
// What a probe says by its protocol is said for a source here. Before its first batch, and when that
// changes, a hello: its name, its door, and whether its silence means anything (it does once samples
// came). With samples, the end of a round, which is what rules are evaluated at: how far the newest
// sample reaches, less the time in which a sender may still bring older ones of others.
//
// What is sent again changes nothing: a sample is known by its series and time, for ever, and an event
// by its content, for an hour and for as long as this process runs.
class DoorIntake {
 public:
  // Loans that outlive it, and every outcome that is still owed.
  DoorIntake(EntrySink& sink, Metrics& metrics, const Clock& clock);

  // What became of one request.
  struct Outcome {
    Status status;       // kUnavailable: some or all was not taken; send all of it again
    BatchReply refused;  // samples that were left out, and why
    uint64_t samples = 0;

    // Samples that are not stored, and that it is no use to send again.
    uint64_t lost() const { return refused.too_old + refused.too_new; }
  };
  using Done = std::function<void(const Outcome&)>;

  // Takes what one request held; `done` is called once, when all of it is durable or was refused, on
  // any thread, and must not block. Nothing at all is at once durable.
  void Submit(const SourceToken& from, std::vector<Batch> batches, Done done);

  // The source's token was revoked. Should it come again, it says hello again.
  void Forget(const std::string& source_id);

  // The counts of `refused` as a sentence with the settings that decide: `3 samples are older than 192
  // h (limits.accepted_age)`. Empty when there are none.
  static std::string Explain(const Outcome& outcome, const LimitSettings& limits);

 private:
  struct Pending;
  // Of one source.
  struct Known {
    bool greeted = false;
    bool watched = false;
    Timestamp last_round;
  };

  // Takes out what came before, and returns what is new.
  std::vector<Fingerprint> DropKnownEvents(const SourceToken& from, Timestamp now,
                                           std::vector<Batch>& batches);
  bool Greet(const SourceToken& from, bool with_samples, Known& known);
  static bool StampRound(SourceToken::Door door, Timestamp newest, Timestamp arrival,
                         const Known& known, Batch& batch);

  EntrySink& sink_;
  Metrics& metrics_;
  const Clock& clock_;

  // Requests of one source arrive on several threads, and a round must not be stamped before the
  // samples that it covers are in the queue.
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by source id
  RecentEvents recent_;
};

}  // namespace forewarn
