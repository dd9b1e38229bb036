#include "rules/rule_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "rules/alert_series.h"
#include "rules/evaluate.h"
#include "rules/evidence.h"
#include "rules/shadow.h"

namespace forewarn {
namespace {

// The same complaint about a rule is repeated after this long, on arrival time.
constexpr Duration kRepeatProblemAfter = 1h;
// What each evaluation costs beside its series, in samples touched.
constexpr uint64_t kRuleOperations = 30;

// Of a result whose series has a value already at its time. The same for all series of a rule: what differs is told again
// and again.
Status OtherValue(std::string_view name) {
  return FailedPrecondition(
      fmt::format("'{}' has another value at this time already, which stays; another rule records "
                  "it too, or it is "
                  "sent: record under another name",
                  name));
}

}  // namespace

void RuleRunner::Report(EngineCall& call, Fingerprint key, const std::string& what,
                        const Status& status) {
  Trouble& trouble = troubles_[key];
  trouble.now = status.message();
  if (trouble.reported == trouble.now && call.arrival - trouble.reported_at < kRepeatProblemAfter)
    return;
  trouble.reported = trouble.now;
  trouble.reported_at = call.arrival;
  call.out.problems.push_back(fmt::format("{}: {}", what, status.message()));
}

void RuleRunner::Emit(EngineCall& call, Stream& stream, const std::optional<Alert>& before,
                      const Alert& after, Timestamp at) {
  std::optional<AlertState> state_before;
  if (before) state_before = before->state;
  AlertChange change = {state_before, after, at, !IsShadow(after), false};
  if (IsShadow(after)) {
    if (after.fired_at && (!before || !before->fired_at)) ++shadow_firings_[after.rule];
  } else {
    stream.catch_up.Pass(change, before, call.arrival);
    streams_.Touch(stream);
  }
  call.out.alerts.push_back(std::move(change));
}

void RuleRunner::Run(EngineCall& call, const PreparedGroup& group, const PreparedRule& rule,
                     Stream& stream, Timestamp at, Duration step) {
  if (IsPaused(rule, stream, at)) return;
  std::optional<promql::Vector> known = live_.Evaluate(group, rule, stream, at, limits_.lookback);
  call.work_left -= static_cast<int64_t>(kRuleOperations + live_.work());
  if (rule.rule.alerting && known && known->empty() && !alerts_.HasAny(rule.key)) {
    // Most rules, most of the time.
    if (!troubles_.empty()) ForgetTrouble(rule.key);
    return;
  }
  AlertTimes times = {rule.rule.hold_for, rule.rule.keep_firing_for, limits_.lookback + step};
  Trial trial = {group, rule, stream, at, at - group.query_offset, times};
  ScopeLabels scope = {stream.customer, stream.installation, stream.probe};
  ScopedSource scoped(source_, stream.customer, stream.installation, stream.probe);
  promql::Budget budget = RuleBudget();
  Status status = rule.rule.alerting
                      ? RunAlerting(call, trial, stream, scope, scoped, budget, std::move(known))
                      : RunRecording(call, trial, scope, scoped, budget, std::move(known));
  call.work_left -= static_cast<int64_t>(budget.used());
  if (!status.ok() && budget.is_exhausted()) {
    const Timestamp until = at + (rule.plan == nullptr ? kPause : kPauseWithPlan);
    Pause(rule, stream, at, until);
    status = ResourceExhausted(
        fmt::format("{}; it is evaluated again from {} on", status.message(), FormatTime(until)));
  }
  if (!status.ok()) {
    Report(call, rule.key,
           fmt::format("{}: group '{}', rule '{}'", group.file, group.name, rule.rule.name),
           status);
  } else {
    ForgetTrouble(rule.key);
  }
}

Fingerprint RuleRunner::PauseKey(const PreparedRule& rule) {
  auto [it, is_new] = pause_keys_.try_emplace(rule.number);
  if (is_new) {
    it->second = Fingerprint().Add(rule.key.ToString()).Add(rule.rule.expression.ToString());
  }
  return it->second;
}

bool RuleRunner::IsPaused(const PreparedRule& rule, const Stream& stream, Timestamp at) {
  if (stream.paused.empty()) return false;
  const Fingerprint key = PauseKey(rule);
  return std::ranges::any_of(
      stream.paused, [&](const auto& paused) { return paused.first == key && at < paused.second; });
}

void RuleRunner::Pause(const PreparedRule& rule, Stream& stream, Timestamp at, Timestamp until) {
  std::erase_if(stream.paused, [&](const auto& paused) { return paused.second <= at; });
  stream.paused.emplace_back(PauseKey(rule), until);
  streams_.Touch(stream);
}

void RuleRunner::ForgetTrouble(Fingerprint rule) {
  if (auto it = troubles_.find(rule); it != troubles_.end()) it->second.now.clear();
}

Status RuleRunner::RunAlerting(EngineCall& call, const Trial& trial, Stream& stream,
                               const ScopeLabels& scope, const SeriesSource& scoped,
                               promql::Budget& budget, std::optional<promql::Vector> known) {
  // An evaluation that fails says nothing: no alert of the rule moves.
  FW_ASSIGN_OR_RETURN(std::vector<AlertResult> results,
                      EvaluateAlerts(trial.group, trial.rule, scoped, scope, trial.data_at, limits_,
                                     budget, std::move(known)));
  Evidence evidence(scoped, trial.rule.roots, limits_.select, limits_.lookback, budget);
  AlertSeries series(alerts_, trial.rule.key, stream.id());
  Status judged = Judge(trial, std::move(results), evidence, contacts_, alerts_,
                        [&](const std::optional<Alert>& before, const Alert& after) {
                          Emit(call, stream, before, after, trial.at);
                        });
  if (trial.rule.writes_alerts) series.Write(trial.data_at, *call.write);
  return judged;
}

Status RuleRunner::RunRecording(EngineCall& call, const Trial& trial, const ScopeLabels& scope,
                                const SeriesSource& scoped, promql::Budget& budget,
                                std::optional<promql::Vector> known) {
  FW_ASSIGN_OR_RETURN(std::vector<DerivedSample> results,
                      EvaluateRecording(trial.group, trial.rule, scoped, scope, trial.data_at,
                                        limits_, budget, std::move(known)));
  StreamBook::Recorded recorded;
  Status collision = OkStatus();
  for (const DerivedSample& result : results) {
    const bool is_kept = (*call.write)(result.labels, {trial.data_at, result.value});
    if (!is_kept && collision.ok()) collision = OtherValue(result.labels.name());
    recorded.push_back(result.labels.fingerprint());
  }
  std::ranges::sort(recorded);
  StreamBook::Recorded before = streams_.GetRecorded(trial.rule.key, trial.stream.id());
  if (before == recorded) return collision;
  streams_.SetRecorded(trial.rule.key, trial.stream.id(), recorded);

  // Series that the rule has ceased to write end now, as in Prometheus.
  StreamBook::Recorded ended;
  std::ranges::set_difference(before, recorded, std::back_inserter(ended));
  if (ended.empty()) return collision;
  Matchers name = {Matcher::Equal(std::string(kMetricName), trial.rule.rule.name)};
  FW_ASSIGN_OR_RETURN(
      std::vector<SeriesData> written,
      scoped.Select(name, trial.data_at - limits_.lookback, trial.data_at, limits_.select));
  FW_RETURN_IF_ERROR(budget.ChargeSeries(written.size()));
  for (const SeriesData& series : written) {
    if (std::ranges::binary_search(ended, series.labels.fingerprint())) {
      (*call.write)(series.labels, {trial.data_at, StaleMarker()});
    }
  }
  return collision;
}

std::string RuleRunner::LastError(Fingerprint rule) const {
  auto trouble = troubles_.find(rule);
  return trouble == troubles_.end() ? "" : trouble->second.now;
}

}  // namespace forewarn
