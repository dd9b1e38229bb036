#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "collector/doors/batch_builder.h"
#include "collector/doors/source_memory.h"
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
// by its content, for an hour and for as long as this process runs; differences that are added up, see
// delta_sums.h. What is known need not be durable yet: a request that repeats something waits for it, and
// is told to come again if it was not stored.
class DoorIntake {
 public:
  // Loans that outlive it, and every outcome that is still owed.
  DoorIntake(EntrySink& sink, Metrics& metrics, const Clock& clock, const LimitSettings& limits);

  // What became of one request.
  struct Outcome {
    Status status;       // kUnavailable: send all of it again
    BatchReply refused;  // samples that were left out, and why
    uint64_t samples = 0;

    // Samples that are not stored, and that it is no use to send again.
    uint64_t lost() const { return refused.too_old + refused.too_new; }
  };
  using Done = std::function<void(const Outcome&)>;

  // Takes all that one request held, or nothing of it. `done` is called once, when all of it is durable or
  // was refused, on any thread, and must not block. Nothing at all is at once durable.
  void Submit(const SourceToken& from, std::vector<DoorBatch> batches, Done done);

  // The source's token was revoked. Should it come again, it says hello again.
  void Forget(const std::string& source_id);

  // The counts of `refused` as a sentence with the settings that decide: `3 samples are older than 192
  // h (limits.accepted_age)`. Empty when there are none.
  static std::string Explain(const Outcome& outcome, const LimitSettings& limits);

 private:
  struct Pending;
  using Owed = std::shared_ptr<Pending>;
  struct Source {
    bool greeted = false;
    bool watched = false;
    Timestamp last_round;
    Timestamp seen;
    SourceMemory memory;
  };
  // A batch that found room and is not durable yet.
  struct UnderWay {
    std::string source_id;
    SourceMemory::Claim claim;
    std::vector<Owed> repeats;  // requests that wait for it beside its own
  };

  // With the mutex held. False when there is no room: nothing is then as if it had been.
  bool HandIn(const SourceToken& from, std::vector<DoorBatch> batches, const Owed& pending);
  std::optional<HelloCommand> Greeting(const SourceToken& from, bool with_samples,
                                       const Source& source) const;
  static bool StampRound(SourceToken::Door door, Timestamp newest, Timestamp arrival,
                         const Source& source, Batch& batch);
  void WaitFor(const std::set<uint64_t>& tickets, const Owed& pending);
  void ForgetSilent(Timestamp now);

  // On the committer's thread.
  void BatchDone(uint64_t ticket, const Status& status);

  EntrySink& sink_;
  Metrics& metrics_;
  const Clock& clock_;
  const LimitSettings& limits_;

  // Requests of one source arrive on several threads: a round must not be stamped before the samples that
  // it covers are in the queue, nor a sum be handed in before the one that it goes on from.
  std::mutex mutex_;
  std::map<std::string, Source> sources_;   // by source id
  std::map<uint64_t, UnderWay> under_way_;  // by ticket
  uint64_t last_ticket_ = 0;
  Timestamp swept_;
};

}  // namespace forewarn
