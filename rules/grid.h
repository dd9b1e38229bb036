#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "rules/conclusions.h"
#include "rules/contact.h"
#include "rules/rule_runner.h"
#include "rules/rule_set.h"
#include "rules/stream.h"

namespace forewarn {

// Grid runs the rules that span probes: on their group's interval, once for each installation, as far as
// the installation's watermark has passed. Not thread-safe.
class Grid {
 public:
  // Loans that outlive it.
  Grid(const std::vector<PreparedGroup>& groups, const Contacts& contacts, StreamBook& streams,
       RuleRunner& runner)
      : groups_(groups), contacts_(contacts), streams_(streams), runner_(runner) {}

  // Runs the instants of an installation that have become due, in order. `first_round` is the first round
  // that the entry brought: where an installation that is new to the grid begins.
  void Advance(EngineCall& call, const std::string& customer, const std::string& installation,
               std::optional<Timestamp> first_round);

 private:
  void Start(EngineCall& call, Stream& stream, Timestamp first, Timestamp watermark);

  const std::vector<PreparedGroup>& groups_;
  const Contacts& contacts_;
  StreamBook& streams_;
  RuleRunner& runner_;
};

}  // namespace forewarn
