#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/bundle.h"
#include "model/telemetry.h"
#include "rules/customer_selector.h"
#include "rules/detector.h"
#include "rules/promql/promql.h"
#include "rules/thresholds.h"

namespace forewarn {

// Rule files are Prometheus's, read as strictly as promtool reads them: a file that it accepts
// loads here unchanged. What is ours stands beside Prometheus's keys: `detectors:` in the file, and
// `forewarn:` in a rule.
//
//   detectors:
//   - record: disk:seconds_to_full    # also writes :lower, :upper and :confidence
//     forecast:
//       series: node_filesystem_avail_bytes{fstype!="tmpfs"}
//       reaches: 0                    # the limit, in the unit of the series; default 0
//       min_history: 2h               # default 2h
//       block: 10m                    # default 10m; rules/detector.h
//   groups:
//   - name: capacity
//     interval: 1m              # default 1m
//     limit: 0                  # results of a rule; more is an error. 0: no limit
//     query_offset: 0s          # how far back of its instant the group looks
//     labels: {team: storage}   # for all its rules
//     rules:
//     - record: disk:seconds_to_full
//       expr: …
//     - alert: DiskWillFill
//       expr: disk:seconds_to_full < 4 * 3600
//       for: 10m
//       keep_firing_for: 5m
//       labels: {severity: warning}
//       annotations: {summary: "{{ $labels.mountpoint }} is filling"}
//       forewarn:
//         predicts: disk:seconds_to_full   # series with the seconds that are left
//         warning: disk_will_fill          # template of the text for the customer; none: not told
//         playbook: free-disk-space
//         group_by: [device]               # labels that make separate incidents
//         severity: warning                # the label `severity`, unless `labels` has it
//         shadow: true                     # evaluated and counted, and nobody is told
//         customers: {plan: gold}          # for whom, by their labels; everybody when not given
//         thresholds: {left: 14400}        # of scalar(threshold:left) in `expr`
//         overrides: [{customer: acme, left: 7200}]   # rules/thresholds.h

// What a rule says to the other parts of Forewarn.
struct RuleForewarn {
  std::string predicts;
  std::string warning;
  std::string playbook;
  std::vector<std::string> group_by;
  std::optional<Severity> severity;
  bool shadow = false;
  CustomerSelector customers;
  std::vector<ThresholdOverride> overrides;  // of the numbers in the expression
};

struct Rule {
  bool alerting = false;
  std::string name;  // of the alert, or of the series that is recorded
  promql::Expression expression;
  Duration hold_for{0};
  Duration keep_firing_for{0};
  Attributes labels;  // the group's and its own, sorted by name; values are templates in alerts
  Attributes annotations;  // templates, sorted by name
  RuleForewarn forewarn;
};

struct RuleGroup {
  std::string file;
  std::string name;
  Duration interval = 1min;
  uint64_t limit = 0;
  Duration query_offset{0};
  std::vector<Rule> rules;
};

// A series that is watched for when it reaches its limit.
struct DetectorSpec {
  std::string record;
  std::string selector_text;
  Matchers selector;
  ForecastOptions forecast;
};

// Line and column count from 1 and point into the file.
struct RuleMistake {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;

  std::string ToString() const;  // `rules.yaml:14:7: unknown key 'exp'; did you mean 'expr'?`
  // With the line of the file's text below, and a caret.
  std::string Show(std::string_view text) const;
  friend bool operator==(const RuleMistake&, const RuleMistake&) = default;
};

// All groups and detectors, or all mistakes, in the order of the files; with a mistake there are
// neither.
struct RuleFiles {
  std::vector<RuleGroup> groups;
  std::vector<DetectorSpec> detectors;
  std::vector<RuleMistake> mistakes;
  std::vector<RuleMistake> warnings;  // of CheckRuleFiles(): what may not do what is meant

  // kInvalidArgument with all mistakes, one on each line.
  Status status() const;
};

RuleFiles ParseRuleFile(const std::string& path, std::string_view text);

// The files of a bundle: each by itself, and what no two of them may share.
RuleFiles ParseRuleFiles(std::span<const BundleFile> files);

// What is looked at besides when rules are written.
struct RuleChecks {
  std::vector<std::string> warnings;  // ids of the texts for customers that there are
  // Those of the bundle, so that a rule cannot be for nobody by a slip; null: not known.
  const std::vector<Customer>* customers = nullptr;
};

// The same for files that are to be applied: refuses also what loads and would do the wrong thing in
// silence, a `warning` for which there is no text, a label `severity` that is a slip of one of the four,
// customers that there are not, expressions that can only fail, thresholds that nobody gave, and names that a detector and
// something else record. (Any other severity is somebody else's word, and counts as warning.) Not for rules that are in
// force: a new version must not refuse what the one before took.
RuleFiles CheckRuleFiles(std::span<const BundleFile> files, const RuleChecks& checks);

}  // namespace forewarn
