#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fingerprint.h"
#include "rules/live/live_plan.h"
#include "rules/rule_file.h"
#include "rules/template.h"

namespace forewarn {

// A rule as the engine runs it, with what follows from all rules together.
struct PreparedRule {
  Rule rule;
  // Of an alert, compiled: labels and annotations by name.
  std::vector<std::pair<std::string, Template>> labels;
  std::vector<std::pair<std::string, Template>> annotations;
  // The same as long as group, name and labels are, so that an edited expression keeps its alerts.
  Fingerprint key;
  // Of all rules: 0, 1, 2, …
  size_t number = 0;
  // How it is evaluated incrementally; null: by the general evaluator, and why.
  std::shared_ptr<const LivePlan> plan;
  std::string why_general;
  // Whether its alerts are written as series ALERTS: not those in shadow, nor those whose labels are made of what
  // changes with each evaluation, since every evaluation would make two series more.
  bool writes_alerts = false;
  // Evaluated at the round ends of each probe; otherwise on the group's grid for each installation.
  bool per_round = false;
  // And at each of them; otherwise at the first in each interval (`due_every`): what has no plan, and what reads the
  // results of such a rule, which may look stale in between.
  bool every_round = false;
  // Selectors of the series that the result rests on in the end: those of recorded series, and of
  // ALERTS, are replaced by those of the rules and detectors that write them, however deep.
  std::vector<Matchers> roots;
  // Ids of the customers that it is for, none: everybody; and of those for whom another threshold
  // makes it another rule.
  std::optional<std::set<std::string>> customers;
  std::set<std::string> but_not;
  // Of what runs at the round ends of a probe, but not at each: how long its intervals are. The group's, or the longest of
  // those of the rules whose results it reads.
  Duration due_every{0};

  bool IsFor(const std::string& customer) const {
    return (!customers || customers->contains(customer)) && !but_not.contains(customer);
  }
};

struct PreparedGroup {
  std::string file;
  std::string name;
  Fingerprint key;
  Duration interval{0};
  uint64_t limit = 0;
  Duration query_offset{0};
  std::vector<PreparedRule> rules;
  bool has_grid_rules = false;
};

// Prepares checked groups. A rule that keeps the label `probe` may still not run per round when it
// reads what a grid rule recorded, or the series ALERTS of a grid rule: those carry no `probe`.
std::vector<PreparedGroup> PrepareRules(std::vector<RuleGroup> groups,
                                        std::span<const DetectorSpec> detectors);

// Finds the customers of each rule that is not for everybody. A rule with overrides becomes several
// of the same key, of which each customer has one.
void SelectCustomers(const std::vector<Customer>& customers, std::vector<PreparedGroup>& groups);

// Numbers the rules, and finds how each is evaluated. Call last.
void PlanRules(std::vector<PreparedGroup>& groups, std::span<const DetectorSpec> detectors = {});

// A selector as PromQL writes it: `disk_free_bytes{fstype!="tmpfs"}`.
std::string DescribeSelector(const Matchers& selector);

}  // namespace forewarn
