#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "base/time.h"
#include "collector/counting_source.h"
#include "collector/forgetting.h"
#include "collector/left_customers.h"
#include "collector/rule_shelf.h"
#include "collector/source_tokens.h"
#include "collector/tokens.h"
#include "incidents/manager.h"
#include "model/commit.h"
#include "model/entry.h"
#include "notifier/planner.h"
#include "rules/contact.h"
#include "rules/engine.h"
#include "store/head.h"
#include "store/store.h"

namespace forewarn {

// What the sender of a batch is told beside success: the samples that were left out, and why.
struct BatchReply {
  uint64_t too_old = 0;
  uint64_t too_new = 0;
  uint64_t duplicate = 0;
  uint64_t series_limit = 0;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.too_old);
    visit(2, self.too_new);
    visit(3, self.duplicate);
    visit(4, self.series_limit);
  }
};

// What a probe that says hello is told: the last of its batches that was applied.
struct HelloReply {
  uint64_t epoch = 0;
  uint64_t sequence = 0;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.epoch);
    visit(2, self.sequence);
  }
};

// Shard is the fold over one partition: entries in, commits out. It computes what follows from an
// entry in pure steps and writes nothing itself; whoever drives it commits what it returns, in
// order, before anybody is told. No threads, no clock: the thread that runs it is
// collector/shard_thread.h, and the simulator runs it just as well. Not thread-safe.
class Shard {
 public:
  // How long what is over is kept unless a setting says less.
  static constexpr Duration kClosedKept = 3650 * 24h;

  // `store` is a loan that outlives the shard. What people had to do with is forgotten `closed_kept`
  // after its end: tickets, silences, and the audit.
  // With `shelf`, a loan too, shards that have the same bundle share its rules.
  Shard(uint32_t partition, const Store& store, const HeadOptions& head,
        Duration closed_kept = kClosedKept, RuleShelf* shelf = nullptr);

  // Puts the shard where the partition's last commit left it: state from its records, samples from
  // chunks and journal. Consequences that were committed are not computed again.
  Status Recover();

  // Takes the next entry. The caller commits the result before it hands out its outcome, and never
  // again calls the shard when that fails. A commit that is `empty` changed nothing and is not
  // written, but its outcome waits its turn all the same: it may rest on commits that are still on
  // their way. The reply is a BatchReply, a HelloReply, an EnrolmentToken, a SourceToken, or
  // nothing, as the entry asks for.
  Commit Handle(Entry entry);

  // Arrival time at which a Tick is due; nothing while time alone changes nothing.
  std::optional<Timestamp> NextTimer() const;

  // How long the rules took over one entry, and how many series they read for it.
  struct Evaluation {
    Duration took{0};
    uint64_t series = 0;
    Engine::Evaluations evaluations;
  };
  // Has `told` hear of each evaluation, on the thread that runs the shard. `clock`, a loan, measures and decides
  // nothing. Before the first Handle().
  void MeasureRules(const Clock& clock, std::function<void(const Evaluation&)> told);

  // For readers, on the thread that runs the shard.
  const Head& head() const { return head_; }
  const Contacts& contacts() const { return contacts_; }
  const Engine& engine() const { return engine_; }
  const IncidentManager& incidents() const { return incidents_; }
  const Planner& planner() const { return planner_; }
  const Tokens& tokens() const { return tokens_; }
  const SourceTokens& source_tokens() const { return source_tokens_; }
  // But for the control partition without the texts of its files.
  const Bundle& bundle() const { return bundle_; }
  // Of the control partition alone.
  const std::vector<LeftCustomer>& left_customers() const { return left_customers_; }
  uint32_t partition() const { return partition_; }
  Timestamp last_arrival() const { return last_arrival_; }
  uint64_t sequence() const { return sequence_; }
  uint64_t JournalKeptFrom() const { return head_.JournalKeptFrom(sequence_ + 1); }

 private:
  // Entries that change nothing and need no record: repeated batches, bundles already in force,
  // whatever a retired probe sends. True when `commit` holds the answer.
  bool AnswersAtOnce(const Entry& entry, Commit& commit) const;
  void DropFutureRounds(Entry& entry, BatchReply& refused) const;
  void TakeInTelemetry(const Entry& entry, BatchReply refused_before, Commit& commit);
  Engine::Conclusions Conclude(const Entry& entry, const std::vector<ProbeState>& probes,
                               Commit& commit);
  // Turns what the steps returned into the records of the commit.
  void Keep(const Entry& entry, const std::vector<ProbeState>& probes,
            Engine::Conclusions concluded, const std::vector<IncidentChange>& incidents,
            Planner::Plan plan, Commit& commit);
  // Takes the bundle that is in force from now on.
  Engine::Conclusions SetBundle(Bundle bundle, Timestamp arrival);
  Status RestoreState();
  Timestamp NextSealing() const;

  const uint32_t partition_;
  const Store& store_;
  const Clock* stopwatch_ = nullptr;
  std::function<void(const Evaluation&)> evaluated_;
  const Duration chunk_window_;
  const Duration accepted_ahead_;
  const Duration closed_kept_;
  RuleShelf* const shelf_;

  uint64_t sequence_ = 0;
  Timestamp last_arrival_ = kTimeZero;
  Timestamp last_sealing_ = kTimeZero;
  Bundle bundle_;
  std::vector<LeftCustomer> left_customers_;
  Head head_;
  Contacts contacts_;
  CountingSource rule_source_;
  Engine engine_;
  IncidentManager incidents_;
  Planner planner_;
  Tokens tokens_;
  AuditTrail audit_;
  SourceTokens source_tokens_;
};

}  // namespace forewarn
