#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/telemetry.h"
#include "rules/promql/promql.h"
#include "rules/rule_file.h"
#include "rules/series_notation.h"

namespace forewarn {

// Unit tests of rules, in promtool's format as of Prometheus 2.42:
//
//   rule_files: [host.yaml, more/*.yaml]   # paths and globs, relative to this file
//   evaluation_interval: 1m                # default 1m; rules are evaluated at 0, 1m, 2m, …
//   group_eval_order: [first, second]      # groups that are named run in this order
//   tests:
//   - name: a disk that fills
//     interval: 1m                         # between two values of a series; default evaluation_interval
//     input_series:                        # rules/series_notation.h; of a series given twice the last counts
//     - {series: 'disk_free_bytes{host="a"}', values: '100-1x60 stale'}
//     alert_rule_test:                     # all that fires, of alerts of this name
//     - eval_time: 30m
//       alertname: DiskWillFill
//       exp_alerts: [{exp_labels: {host: a}, exp_annotations: {summary: a is filling}}]
//     promql_expr_test:
//     - {expr: sum(disk_free_bytes), eval_time: 30m, exp_samples: [{labels: '{}', value: 70}]}
//     external_labels: {cluster: a}
//     external_url: https://a.example.com

struct ExpectedAlert {
  Attributes labels;  // with `alertname`; sorted by name, as annotations are
  Attributes annotations;

  friend auto operator<=>(const ExpectedAlert&, const ExpectedAlert&) = default;
};

struct AlertTest {
  Duration eval_time{0};
  std::string alertname;
  std::vector<ExpectedAlert> alerts;
};

struct ExpectedSample {
  Labels labels;
  double value = 0;
};

struct ExpressionTest {
  Duration eval_time{0};
  std::string text;
  promql::Expression expression;
  std::vector<ExpectedSample> samples;
};

struct UnitTest {
  std::string name;  // empty: none
  Duration interval{0};
  std::vector<NotedSeries> input_series;
  std::vector<AlertTest> alert_tests;
  std::vector<ExpressionTest> expression_tests;
  Labels external_labels;
  std::string external_url;
};

struct UnitTestFile {
  std::vector<std::string> rule_files;
  Duration evaluation_interval = 1min;
  std::vector<std::string> group_eval_order;
  std::vector<UnitTest> tests;
  std::vector<RuleMistake> mistakes;  // with one, there is nothing else

  // kInvalidArgument with all mistakes, one on each line.
  Status status() const;
};

// More values than this, in all series of a file together, are refused.
inline constexpr size_t kMaxUnitTestValues = 5'000'000;

// Reads all of a file, or all that is wrong with it: also what promtool would only find when the
// test runs, such as an expression that is none. A value is a number as YAML writes it (`.inf`, `.nan`).
UnitTestFile ParseUnitTestFile(const std::string& path, std::string_view text);

// Whether the keys are those of unit tests and not of rules, whatever is wrong besides.
bool IsUnitTestFile(std::string_view text);

}  // namespace forewarn
