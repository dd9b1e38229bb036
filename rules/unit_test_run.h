#pragma once

#include <span>
#include <string>
#include <vector>

#include "rules/rule_file.h"
#include "rules/rule_set.h"
#include "rules/unit_test_file.h"

namespace forewarn {

// Runs unit tests of rules as promtool does: at 0 and each evaluation_interval up to the last
// eval_time, all groups in their order, whatever their own interval; then the expressions. What the
// collector adds to every series (`customer`, `installation`, `probe`) is not there, so that tests
// written for promtool pass unchanged.
//
// Rules see what was given up to the instant, and what rules before them recorded; alerts leave
// `ALERTS` and `ALERTS_FOR_STATE`. A detector of the rule files runs as well, unless the test gives
// one of its series, as tests that are for promtool too must.
//
// Unlike promtool's, values are equal when they differ by no more than 1e-12 of them (functions
// may differ in the last digit), and NaN equals NaN.
class UnitTestRunner {
 public:
  // Of promtool's there is no bound; ours keeps a slip (`eval_time: 10y`) from taking for ever.
  static constexpr int64_t kMaxInstants = 2'000'000;

  // `rules` have been checked. Groups that `order` does not name come with its first, in the
  // order of the files.
  UnitTestRunner(RuleFiles rules, const std::vector<std::string>& order,
                 Duration evaluation_interval);

  // What failed, as texts of several lines in promtool's words; empty: nothing. `number` names a
  // test without a name: 1 is the first.
  std::vector<std::string> Run(const UnitTest& test, size_t number) const;

  // Names of alerts that tests ask for and no rule has: nothing can be expected of them, so such a
  // test may pass for want of what it is about.
  std::vector<std::string> FindUnknownAlerts(std::span<const UnitTest> tests) const;

 private:
  const std::vector<DetectorSpec> detectors_;
  const Duration evaluation_interval_;
  std::vector<PreparedGroup> groups_;
};

}  // namespace forewarn
