#include "rules/unit_test_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/units.h"
#include "rules/alert_state.h"
#include "rules/detector_book.h"
#include "rules/evaluate.h"
#include "rules/external_facts.h"
#include "rules/memory_series.h"
#include "rules/shadow.h"
#include "rules/unit_test_text.h"

namespace forewarn {
namespace {

constexpr std::string_view kAlertsName = "ALERTS";
constexpr std::string_view kAlertsForStateName = "ALERTS_FOR_STATE";
constexpr double kClose = 1e-12;

bool AreAlike(double expected, double got) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(expected - got) <= kClose * std::abs(expected);
}

bool AreAlike(const ExpectedSample& expected, const ExpectedSample& got) {
  return expected.labels == got.labels && AreAlike(expected.value, got.value);
}

// The series that the detector records.
bool Records(const DetectorSpec& detector, std::string_view series) {
  return std::ranges::any_of(kFindingSuffixes, [&](std::string_view suffix) {
    return series == detector.record + std::string(suffix);
  });
}

// What one rule left at its last instant.
struct RuleState {
  std::map<Labels, AlertLife> alerts;
  std::set<Labels> recorded;  // series, which end when the rule ceases to write them
};

// One test as it runs. Not thread-safe.
class RunningTest {
 public:
  RunningTest(const std::vector<PreparedGroup>& groups, const std::vector<DetectorSpec>& detectors,
              Duration step, const UnitTest& test)
      : groups_(groups), step_(step), test_(test) {
    limits_.subquery_step = step;
    for (const PreparedGroup& group : groups) states_.emplace_back(group.rules.size());
    std::vector<DetectorSpec> specs;
    for (const DetectorSpec& detector : detectors) {
      bool is_given = std::ranges::any_of(test.input_series, [&](const NotedSeries& series) {
        return Records(detector, series.labels.name());
      });
      if (!is_given) specs.push_back(detector);
    }
    detectors_.SetSpecs(specs);
    for (const NotedSeries& noted : test.input_series)
      series_.Give(noted.At(kTimeZero, test.interval));
  }

  std::vector<std::string> Failures() {
    Duration last{0};
    for (const AlertTest& alert : test_.alert_tests) last = std::max(last, alert.eval_time);
    for (const ExpressionTest& expression : test_.expression_tests)
      last = std::max(last, expression.eval_time);
    if (last / step_ >= UnitTestRunner::kMaxInstants) {
      Fail(fmt::format("eval_time {} is {} evaluation intervals away; at most {} are run",
                       FormatDuration(last), last / step_, UnitTestRunner::kMaxInstants));
      return std::move(failures_);
    }
    std::vector<const AlertTest*> alert_tests;
    for (const AlertTest& alert : test_.alert_tests) alert_tests.push_back(&alert);
    std::ranges::stable_sort(alert_tests, {}, &AlertTest::eval_time);
    auto next = alert_tests.begin();
    for (Timestamp at = kTimeZero; at <= kTimeZero + last; at += step_) {
      series_.Reveal(at);
      Evaluate(at);
      // What cannot be evaluated leaves nothing to compare with.
      if (has_broken_rule_) return std::move(failures_);
      for (; next != alert_tests.end() && kTimeZero + (*next)->eval_time < at + step_; ++next)
        Check(**next);
    }
    for (const ExpressionTest& expression : test_.expression_tests) Check(expression);
    return std::move(failures_);
  }

 private:
  void Fail(const std::string& text) { failures_.push_back("    " + text); }

  void Evaluate(Timestamp at) {
    TellDetectors(at);
    for (size_t g = 0; g < groups_.size(); ++g) {
      const PreparedGroup& group = groups_[g];
      for (size_t r = 0; r < group.rules.size(); ++r) {
        const PreparedRule& rule = group.rules[r];
        Status status = rule.rule.alerting ? RunAlerting(group, rule, at, states_[g][r])
                                           : RunRecording(group, rule, at, states_[g][r]);
        if (detectors_.HasNews("")) TellDetectors(at);
        if (status.ok()) continue;
        Break(fmt::format("rule: {}, time: {}, err: {}", rule.rule.name, TimeOf(at),
                          status.message()));
      }
    }
  }

  void TellDetectors(Timestamp at) {
    Status trouble;
    Status found = detectors_.Observe("", series_, at, [&](const Labels& labels, Sample sample) {
      Status written = series_.Write(labels, sample);
      detectors_.NoticeDerived("", labels, sample.at);
      if (trouble.ok()) trouble = std::move(written);
    });
    if (found.ok()) found = std::move(trouble);
    if (!found.ok()) Break(fmt::format("time: {}, err: {}", TimeOf(at), found.message()));
  }

  void Break(const std::string& text) {
    has_broken_rule_ = true;
    Fail(text);
  }

  static std::string TimeOf(Timestamp at) { return FormatDuration(at - kTimeZero); }

  Status RunAlerting(const PreparedGroup& group, const PreparedRule& rule, Timestamp at,
                     RuleState& state) {
    promql::Budget budget = RuleBudget();
    FW_ASSIGN_OR_RETURN(std::vector<AlertResult> results,
                        EvaluateAlerts(group, rule, series_, ScopeLabels(), at - group.query_offset,
                                       limits_, budget));
    // It is asked at each step, so nothing is unseen.
    const AlertTimes times = {rule.rule.hold_for, rule.rule.keep_firing_for, Duration::max()};
    std::set<Labels> is_true;
    for (AlertResult& result : results) {
      result.labels.Remove(kShadowLabel);  // it says what becomes of the alert, and not what it is
      is_true.insert(result.labels);
      auto [it, is_new] = state.alerts.try_emplace(result.labels);
      Alert& alert = it->second.alert;
      alert.labels = std::move(result.labels);
      alert.annotations = std::move(result.annotations);
      alert.value = result.value;
      if (is_new) {
        StartAlert(it->second, at, times);
      } else {
        AdvanceAlert(it->second, Outcome::kTrue, at, times);
      }
    }
    for (auto it = state.alerts.begin(); it != state.alerts.end();) {
      if (!is_true.contains(it->first)) AdvanceAlert(it->second, Outcome::kFalse, at, times);
      it = IsOver(it->second.alert) ? state.alerts.erase(it) : std::next(it);
    }
    if (group.limit > 0 && state.alerts.size() > group.limit) {
      size_t alerts = state.alerts.size();
      state.alerts.clear();
      return ResourceExhausted(
          fmt::format("{} alerts, but the group's limit is {}", alerts, group.limit));
    }
    return Record(AlertSeries(state), at - group.query_offset, state);
  }

  static std::vector<DerivedSample> AlertSeries(const RuleState& state) {
    std::vector<DerivedSample> samples;
    for (const auto& [labels, life] : state.alerts) {
      Labels series = labels;
      series.Set(kMetricName, kAlertsForStateName);
      samples.push_back({series, std::floor(ToSeconds(life.alert.active_since))});
      series.Set(kMetricName, kAlertsName);
      series.Set("alertstate", life.alert.state == AlertState::kFiring ? "firing" : "pending");
      samples.push_back({std::move(series), 1});
    }
    return samples;
  }

  Status RunRecording(const PreparedGroup& group, const PreparedRule& rule, Timestamp at,
                      RuleState& state) {
    const Timestamp data_at = at - group.query_offset;
    promql::Budget budget = RuleBudget();
    FW_ASSIGN_OR_RETURN(
        std::vector<DerivedSample> results,
        EvaluateRecording(group, rule, series_, ScopeLabels(), data_at, limits_, budget));
    return Record(results, data_at, state);
  }

  // Writes what a rule recorded, and ends what it recorded before and does not now.
  Status Record(const std::vector<DerivedSample>& samples, Timestamp at, RuleState& state) {
    Status first_failure;
    std::set<Labels> recorded;
    for (const DerivedSample& sample : samples) {
      Status written = series_.Write(sample.labels, {at, sample.value});
      detectors_.NoticeDerived("", sample.labels, at);
      if (written.ok()) recorded.insert(sample.labels);
      if (first_failure.ok()) first_failure = std::move(written);
    }
    for (const Labels& series : state.recorded) {
      if (recorded.contains(series)) continue;
      // Refused where another rule goes on with it.
      series_.Write(series, {at, StaleMarker()}).ok();
      detectors_.NoticeDerived("", series, at);
    }
    state.recorded = std::move(recorded);
    return first_failure;
  }

  void Check(const AlertTest& test) {
    std::vector<ExpectedAlert> got;
    for (size_t g = 0; g < groups_.size(); ++g) {
      for (size_t r = 0; r < groups_[g].rules.size(); ++r) {
        const Rule& rule = groups_[g].rules[r].rule;
        if (!rule.alerting || rule.name != test.alertname) continue;
        for (const auto& [labels, life] : states_[g][r].alerts) {
          if (life.alert.state == AlertState::kFiring)
            got.push_back({AttributesOf(labels), life.alert.annotations});
        }
      }
    }
    std::vector<ExpectedAlert> expected = test.alerts;
    std::ranges::sort(expected);
    std::ranges::sort(got);
    if (expected == got) return;
    Fail(fmt::format("alertname: {}, time: {}, \n        exp:{}, \n        got:{}", test.alertname,
                     FormatDuration(test.eval_time), Indented(Describe(expected), 12),
                     Indented(Describe(got), 12)));
  }

  static Attributes AttributesOf(const Labels& labels) {
    Attributes attributes;
    for (const auto& [name, value] : labels) attributes.emplace_back(name, value);
    return attributes;
  }

  void Check(const ExpressionTest& test) {
    std::string what = fmt::format("expr: {}, time: {},", QuoteLabelValue(test.text),
                                   FormatDuration(test.eval_time));
    StatusOr<promql::Value> value =
        promql::EvaluateAt(test.expression, series_, kTimeZero + test.eval_time, limits_);
    if (!value.ok()) {
      Fail(fmt::format("{} err: {}", what, value.status().message()));
      return;
    }
    std::vector<ExpectedSample> got;
    if (auto* vector = std::get_if<promql::Vector>(&*value)) {
      for (promql::VectorSample& sample : *vector)
        got.push_back({std::move(sample.labels), sample.value});
    } else if (auto* scalar = std::get_if<promql::Scalar>(&*value)) {
      got.push_back({Labels(), scalar->value});
    } else {
      Fail(fmt::format("{} err: the expression gives no instant vector or scalar", what));
      return;
    }
    std::vector<ExpectedSample> expected = test.samples;
    std::ranges::stable_sort(expected, {}, &ExpectedSample::labels);
    std::ranges::stable_sort(got, {}, &ExpectedSample::labels);
    if (std::ranges::equal(expected, got, [](const ExpectedSample& a, const ExpectedSample& b) {
          return AreAlike(a, b);
        })) {
      return;
    }
    Fail(fmt::format("{}\n        exp: {}\n        got: {}", what, Describe(expected),
                     Describe(got)));
  }

  const std::vector<PreparedGroup>& groups_;
  const Duration step_;
  const UnitTest& test_;
  promql::EvalLimits limits_;

  MemorySeries series_;
  DetectorBook detectors_;
  std::vector<std::vector<RuleState>> states_;  // by group and rule
  std::vector<std::string> failures_;
  bool has_broken_rule_ = false;
};

// The rules as they are where a test says what is around them.
std::vector<PreparedGroup> WithFactsOf(const UnitTest& test, std::vector<PreparedGroup> groups) {
  auto compile = [&](const Attributes& texts) {
    std::vector<std::pair<std::string, Template>> compiled;
    for (const auto& [name, text] : texts) {
      // What is a template before is one after it: a label's text stands where the label stood.
      StatusOr<Template> made =
          Template::Compile(WithExternalFacts(text, test.external_labels, test.external_url));
      if (!made.ok()) made = Template::Compile(text);
      FW_CHECK(made.ok());
      compiled.emplace_back(name, *std::move(made));
    }
    return compiled;
  };
  for (PreparedGroup& group : groups) {
    for (PreparedRule& rule : group.rules) {
      if (!rule.rule.alerting) continue;
      rule.labels = compile(rule.rule.labels);
      rule.annotations = compile(rule.rule.annotations);
    }
  }
  return groups;
}

}  // namespace

UnitTestRunner::UnitTestRunner(RuleFiles rules, const std::vector<std::string>& order,
                               Duration evaluation_interval)
    : detectors_(std::move(rules.detectors)),
      evaluation_interval_(evaluation_interval),
      groups_(PrepareRules(std::move(rules.groups), detectors_)) {
  auto position = [&](const PreparedGroup& group) {
    auto it = std::ranges::find(order, group.name);
    return it == order.end() ? std::ptrdiff_t{0} : it - order.begin();
  };
  std::ranges::stable_sort(groups_, {}, position);
}

std::vector<std::string> UnitTestRunner::Run(const UnitTest& test, size_t number) const {
  const bool has_facts = !test.external_labels.empty() || !test.external_url.empty();
  const std::vector<PreparedGroup> own =
      has_facts ? WithFactsOf(test, groups_) : std::vector<PreparedGroup>();
  std::vector<std::string> failures =
      RunningTest(has_facts ? own : groups_, detectors_, evaluation_interval_, test).Failures();
  const std::string name = test.name.empty() ? fmt::format("    test: {},\n", number)
                                             : fmt::format("    name: {},\n", test.name);
  for (std::string& failure : failures) failure.insert(0, name);
  return failures;
}

std::vector<std::string> UnitTestRunner::FindUnknownAlerts(std::span<const UnitTest> tests) const {
  std::set<std::string> unknown;
  for (const UnitTest& test : tests) {
    for (const AlertTest& alert : test.alert_tests) unknown.insert(alert.alertname);
  }
  for (const PreparedGroup& group : groups_) {
    for (const PreparedRule& rule : group.rules) {
      if (rule.rule.alerting) unknown.erase(rule.rule.name);
    }
  }
  return {unknown.begin(), unknown.end()};
}

}  // namespace forewarn
