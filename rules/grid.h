#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "rules/awake_rules.h"
#include "rules/conclusions.h"
#include "rules/contact.h"
#include "rules/prepared_rules.h"
#include "rules/rule_runner.h"
#include "rules/stream.h"

namespace forewarn {

// Grid runs the rules that span probes: on their group's interval, once for each installation, as far as
// the installation's watermark has passed. An installation that returns may make thousands of instants due
// at once, and rules may be much work: they are run in slices, as much with each entry as its budget
// allows and the rest by ticks, in order. A later slice sees what was folded in between, such as a sample
// that came late or a probe that has fallen silent. Not thread-safe.
class Grid {
 public:
  // Loans that outlive it.
  Grid(const std::shared_ptr<const PreparedRules>& rules, const Contacts& contacts,
       StreamBook& streams, AwakeRules& awake, RuleRunner& runner)
      : rules_(rules), contacts_(contacts), streams_(streams), awake_(awake), runner_(runner) {}

  // Runs the instants of an installation that have become due, in order: those that its watermark has passed, but none
  // that a round still waits for, whose rules may record what the grid's read. `first_round` is the first round
  // that the entry brought: where an installation that is new to the grid begins.
  void Advance(EngineCall& call, const std::string& customer, const std::string& installation,
               std::optional<Timestamp> first_round);

  // Runs what the call's budget allows of an installation's instants that were left over.
  void Work(EngineCall& call, Stream& stream);

 private:
  // How far instants may be run; nothing: none.
  std::optional<Timestamp> Reach(const std::string& customer,
                                 const std::string& installation) const;
  // Sets groups that are new to the installation on the grid, and how far each is to go; skips what is
  // too much at once.
  void Aim(EngineCall& call, Stream& stream, Timestamp first, Timestamp watermark);
  // The number of the rule with which the instant goes on, if it stopped in this group, and does so no more; else that
  // of the group's first.
  size_t TakeFirst(const PreparedGroup& group, Stream& stream) const;
  // False when the budget was used up before the last rule.
  bool RunRules(EngineCall& call, const PreparedGroup& group, Stream& stream, Timestamp at);

  const std::shared_ptr<const PreparedRules>& rules_;  // others with each bundle
  const Contacts& contacts_;
  StreamBook& streams_;
  AwakeRules& awake_;
  RuleRunner& runner_;
};

}  // namespace forewarn
