#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/numbered_source.h"
#include "model/series_source.h"
#include "rules/conclusions.h"
#include "rules/contact.h"
#include "rules/prepared_rules.h"

namespace forewarn {

// Engine says what is abnormal. It is a fold over one partition: it takes entries whose samples
// `source` already holds, evaluates the rules they complete, and returns what changed. Owned by its
// shard; not thread-safe; no clock, no threads.
//
// When a rule is evaluated (event time, always):
//   - a rule whose result can only ever hold one probe's series (every selector, aggregation and
//     match keeps the label `probe`) at each round end of that probe, when the round arrives; one that
//     cannot be kept up to date (PreparedRule::plan) at the first in each interval of its group;
//   - every other rule on its group's interval grid, once for each installation, when the
//     installation's watermark passes the instant. Several instants may become due at once: they
//     run in order, so many with each entry and the rest by ticks that are due at once.
// An entry runs rules as far as Limits::work allows; ticks go on where it stopped. A rule that is too much by itself
// fails, and pauses (RuleRunner::kPause).
// `for`, `keep_firing_for`, absence and staleness advance with these instants only; the time of a tick
// never moves them. When a probe is not fresh, its alerts become unknown and keep their start.
class Engine {
 public:
  using WriteDerived = forewarn::WriteDerived;
  using Conclusions = forewarn::Conclusions;

  // What one entry may cost, whatever it made due. Counts of work, so that a replay does the same.
  struct Limits {
    // Instants of groups on the grid; what is left over is done by ticks.
    int64_t instants = 100;
    // Samples touched, with weights for what is not one: about 10 ns each. When so many were, no rule is begun any
    // more, and what is left over is done by ticks. One rule touches EvalLimits().max_operations at most, so one
    // entry is done within about a second and a half (docs/explanation/limits.md).
    int64_t work = 25'000'000;
    // Samples that rules keep in memory beside those of the source, so that they need not read them again.
    size_t live_samples = 8'000'000;
  };

  // Loans that outlive the engine. With `numbers`, the same source with its numbers, rules are kept up to date as
  // samples come (rules/live/live_rules.h); the results are the same without.
  Engine(const SeriesSource& source, const Contacts& contacts);
  Engine(const SeriesSource& source, const Contacts& contacts, const Limits& limits,
         const NumberedSource* numbers = nullptr);
  ~Engine();

  // Takes the rules of a bundle, which several engines may share; its files have been checked (rules/rule_file.h). Alerts of rules that
  // are unchanged keep their state; those of rules that are gone end.
  Conclusions Load(std::shared_ptr<const PreparedRules> rules, Timestamp arrival);
  Conclusions Load(const Bundle& bundle, Timestamp arrival);

  // Puts back what an earlier life wrote under kAlert and kRules. Call before Load, and Load before
  // the first Observe: alerts keep their state when their rules are as they were.
  Status Restore(StateKind kind, std::string_view id, std::string_view record);

  // Takes an entry after `contacts` has; `changed` is what that changed, and `applied` what it and `write`
  // bring to the source, which is wanted with numbers.
  Conclusions Observe(const Entry& entry, std::span<const ProbeState> changed,
                      const WriteDerived& write, const Applied* applied = nullptr);

  // Arrival time at which a tick would change something: that of the last entry while it left instants
  // over, else the moment at which a catch-up runs out of time; or nothing.
  std::optional<Timestamp> NextTimer() const;

  // Pending, firing and unknown alerts, by id.
  std::vector<Alert> Alerts() const;

  // How often alerts of rules in shadow began to fire since the start, by the name of the rule; 0 for
  // those that are in force and never did.
  std::map<std::string, uint64_t> ShadowFirings() const;

  struct RuleStatus {
    std::string file, group, name, expression;
    bool alerting = false;
    bool per_round = false;
    bool shadow = false;
    std::string why_general;  // not evaluated incrementally; empty: it is
    std::string last_error;
    // Selectors of the underlying series, in PromQL's notation, that no series of this partition matched
    // in the kMatchedWithin before `now`.
    std::vector<std::string> unmatched;
  };
  // Evaluations so far, by rules that were kept up to date and by the general evaluator.
  struct Evaluations {
    uint64_t live = 0;
    uint64_t general = 0;

    friend Evaluations operator-(const Evaluations& a, const Evaluations& b) {
      return {a.live - b.live, a.general - b.general};
    }
  };
  Evaluations evaluations() const;

  // The rules as they run, and what one of them complained of when it last did; empty: nothing.
  const std::vector<PreparedGroup>& groups() const;
  std::string LastError(const PreparedRule& rule) const;
  static constexpr Duration kMatchedWithin = 24h;
  // Reads the series of each rule: for people, not for each entry.
  std::vector<RuleStatus> Rules(Timestamp now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
