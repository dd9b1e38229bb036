#pragma once

#include <atomic>
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
// a push does, and says when they are durable. Thread-safe; nothing here waits for a disk or for another
// source.
//
// What a probe says by its protocol is said for a source here. Before its first batch, and when that
// changes, a hello: its name, its door, and whether its silence means anything. It does once samples came,
// and until a person revokes its last token: a hello that says less than the fold remembers changes nothing
// (rules/contact.h). With samples, the end of a round, which is what rules are evaluated at: how far the
// newest sample reaches, less the time in which a sender may still bring older ones of others. What came
// after the last round and is followed by nothing has its round from EndRounds().
//
// What is sent again changes nothing: a sample is known by its series and time, for ever, and an event
// by its content, for an hour or as far as there is room for (recent_events.h), and for as long as this
// process runs; differences that are added up, see delta_sums.h. What is known need not be durable yet: a
// request that repeats something waits for it, and is told to come again if it was not stored.
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
  // was refused, on any thread, and must not block. Nothing at all is at once durable. `from` is a token's;
  // or, without a hash, of a probe that shows its certificate instead, and is `created_by`.
  void Submit(const SourceToken& from, std::vector<DoorBatch> batches, Done done);

  // Ends the rounds of sources whose newest samples have been followed by nothing for so long that no others of
  // their moment are to be expected. Call it about once a second.
  void EndRounds();

  // The token was revoked: what comes with it from now on is refused, even if it was let in before. Should the
  // source come with another, it says hello again. Waits for nobody.
  void Revoke(const SourceToken& token);

  // The counts of `refused` as a sentence with the settings that decide: `3 samples are older than 192
  // h (limits.accepted_age)`. Empty when there are none.
  static std::string Explain(const Outcome& outcome, const LimitSettings& limits);

 private:
  struct Pending;
  using Owed = std::shared_ptr<Pending>;
  // A batch that found room and is not durable yet.
  struct UnderWay {
    SourceMemory::Claim claim;
    std::vector<Owed> repeats;  // requests that wait for it beside its own
  };
  // Held by `sources_` and by what is under way.
  struct Source {
    // Requests of one source arrive on several threads: a round must not be stamped before the samples that
    // it covers are in the queue, nor a sum be handed in before the one that it goes on from.
    std::mutex order;
    // Guarded by `order`.
    bool greeted = false;
    bool watched = false;
    Timestamp last_round;
    Timestamp newest;  // event time of the newest sample, but not ahead of its arrival
    SourceMemory memory;
    uint64_t last_ticket = 0;

    std::atomic<bool> greet_anew = false;

    // The committer's thread must not wait for `order`: reading what a large request repeats takes a while.
    // This one is held for a look-up, and taken after `order` if both are.
    std::mutex answers;
    // Guarded by `answers`; by ticket.
    std::map<uint64_t, UnderWay> under_way;
    std::map<uint64_t, SourceMemory::Claim> failed;  // the memory still holds what they claim
  };
  using Shared = std::shared_ptr<Source>;
  struct Due {
    Timestamp at;  // arrival time
    SourceToken from;
  };

  StatusOr<Shared> Find(const SourceToken& from, Timestamp now);
  // Fails when there is no room, or the token is none any more: nothing is then as if it had been.
  Status HandIn(const SourceToken& from, std::vector<DoorBatch> batches, const Owed& pending);
  std::optional<HelloCommand> Greeting(const SourceToken& from, bool with_samples,
                                       const Source& source) const;
  // With `order` held.
  static void Remember(Source& source);
  static void WaitFor(Source& source, const std::set<uint64_t>& tickets, const Owed& pending);
  // False when there is no room.
  bool EndRound(const SourceToken& from, Source& source, Timestamp now);

  // On the committer's thread.
  static void BatchDone(Source& source, uint64_t ticket, const Status& status);

  void ForgetSilent(Timestamp now);

  EntrySink& sink_;
  Metrics& metrics_;
  const Clock& clock_;
  const LimitSettings& limits_;

  // Held for look-ups; no other is taken under it.
  std::mutex mutex_;
  // Guarded by mutex_.
  struct Known {
    Shared source;
    Timestamp seen;
  };
  std::map<std::string, Known> sources_;      // by source id
  std::map<std::string, Due> due_;            // rounds to be ended, by source id
  std::map<std::string, Timestamp> revoked_;  // by the token's hash; when
  Timestamp swept_;
};

}  // namespace forewarn
