#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"
#include "rules/alert_book.h"
#include "rules/conclusions.h"
#include "rules/contact.h"
#include "rules/judge.h"
#include "rules/live/live_rules.h"
#include "rules/promql/promql.h"
#include "rules/rule_set.h"
#include "rules/stream.h"

namespace forewarn {

// RuleRunner evaluates one rule at one instant of a stream and does what follows from its results:
// alerts move, recorded series are written and ended. Not thread-safe.
class RuleRunner {
 public:
  // Loans that outlive it.
  RuleRunner(const SeriesSource& source, const Contacts& contacts, AlertBook& alerts,
             StreamBook& streams, LiveRules& live)
      : source_(source), contacts_(contacts), alerts_(alerts), streams_(streams), live_(live) {}

  // A rule that was more work than its budget is not evaluated again for so long, event time, since it would be again:
  // unless its expression is another. One that is mostly kept up to date may be less work soon.
  static constexpr Duration kPause = 30min;
  static constexpr Duration kPauseWithPlan = 5min;

  // `step` is how far the stream's instants are apart. An evaluation that fails says nothing: no alert
  // of the rule moves, and the call's problems name it. What it does is taken from the call's work.
  void Run(EngineCall& call, const PreparedGroup& group, const PreparedRule& rule, Stream& stream,
           Timestamp at, Duration step);

  // Passes a step of an alert through the stream's catch-up to the call's results; one of a rule in
  // shadow as it is, never to be planned.
  void Emit(EngineCall& call, Stream& stream, const std::optional<Alert>& before,
            const Alert& after, Timestamp at);

  // Notes a failure under `key`; `what` is where it happened. The same failure of the same thing is
  // told once an hour.
  void Report(EngineCall& call, Fingerprint key, const std::string& what, const Status& status);
  // What a rule complained of when it last ran; empty: nothing.
  std::string LastError(Fingerprint rule) const;
  void ForgetTroubles() {
    troubles_.clear();
    pause_keys_.clear();
  }

  // How often the alerts of rules in shadow began to fire, by the name of the rule, since the start.
  const std::map<std::string, uint64_t>& shadow_firings() const { return shadow_firings_; }

 private:
  Status RunAlerting(EngineCall& call, const Trial& trial, Stream& stream, const ScopeLabels& scope,
                     const SeriesSource& scoped, promql::Budget& budget,
                     std::optional<promql::Vector> known);
  void ForgetTrouble(Fingerprint rule);
  Status RunRecording(EngineCall& call, const Trial& trial, const ScopeLabels& scope,
                      const SeriesSource& scoped, promql::Budget& budget,
                      std::optional<promql::Vector> known);
  Fingerprint PauseKey(const PreparedRule& rule);
  bool IsPaused(const PreparedRule& rule, const Stream& stream, Timestamp at);
  void Pause(const PreparedRule& rule, Stream& stream, Timestamp at, Timestamp until);

  // Fixed after construction.
  const SeriesSource& source_;
  const Contacts& contacts_;
  AlertBook& alerts_;
  StreamBook& streams_;
  LiveRules& live_;
  const promql::EvalLimits limits_;

  // Changes. Not kept over a restart: what things complained of last, and when we last said so.
  struct Trouble {
    std::string now;
    std::string reported;
    Timestamp reported_at;
  };
  std::map<Fingerprint, Trouble> troubles_;
  std::map<std::string, uint64_t> shadow_firings_;
  std::map<size_t, Fingerprint>
      pause_keys_;  // by the number of the rule; of those that were asked for
};

}  // namespace forewarn
