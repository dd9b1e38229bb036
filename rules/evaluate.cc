#include "rules/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include "rules/shadow.h"

namespace forewarn {
namespace {

// A prediction further away than this is no prediction.
constexpr double kPredictedSecondsMax = 10.0 * 365 * 86400;
// What a result costs behind the expression, in samples touched: an alert that is judged, recorded and told; a sample
// that is appended, perhaps of a series that is new.
constexpr uint64_t kAlertOperations = 1'000;
constexpr uint64_t kRecordOperations = 100;

StatusOr<promql::Vector> EvaluateToVector(const PreparedGroup& group, const PreparedRule& rule,
                                          const SeriesSource& source, Timestamp at,
                                          const promql::EvalLimits& limits, promql::Budget& budget,
                                          std::optional<promql::Vector> known) {
  promql::Value value;
  if (known) {
    value = *std::move(known);
  } else {
    FW_ASSIGN_OR_RETURN(value,
                        promql::EvaluateAt(rule.rule.expression, source, at, limits, budget));
  }
  if (auto* scalar = std::get_if<promql::Scalar>(&value)) {
    return promql::Vector{{Labels(), at, scalar->value}};
  }
  auto* vector = std::get_if<promql::Vector>(&value);
  if (vector == nullptr) {
    return InvalidArgument("the expression gives no instant vector or scalar; a rule needs one");
  }
  if (group.limit > 0 && vector->size() > group.limit) {
    return ResourceExhausted(
        fmt::format("{} results, but the group's limit is {}; none of them counts", vector->size(),
                    group.limit));
  }
  if (rule.rule.alerting && vector->size() > kAlertsMax) {
    return ResourceExhausted(fmt::format(
        "{} results, more alerts than the {} that a rule may have at once; none of them "
        "counts: let it aggregate, or ask for less",
        vector->size(), kAlertsMax));
  }
  FW_RETURN_IF_ERROR(
      budget.Charge(vector->size() * (rule.rule.alerting ? kAlertOperations : kRecordOperations)));
  return std::move(*vector);
}

void SetScope(const ScopeLabels& scope, Labels& labels) {
  if (!scope.customer.empty()) labels.Set("customer", scope.customer);
  if (!scope.installation.empty()) labels.Set("installation", scope.installation);
  if (!scope.probe.empty()) labels.Set("probe", scope.probe);
}

Status TwinResults(const Labels& labels) {
  return InvalidArgument(fmt::format(
      "two results have the same labels {} once the rule's labels are applied", labels.ToString()));
}

// A text that cannot be expanded must not hide its alert: it says why instead, as in Prometheus.
std::string Expand(const Template& text, const promql::VectorSample& sample,
                   TemplateQueries& queries) {
  StatusOr<std::string> expanded = text.Expand(sample.labels, sample.value, &queries);
  if (expanded.ok()) return *std::move(expanded);
  return fmt::format("<error expanding template: {}>", expanded.status().message());
}

// The seconds that are left by the series that predicts, as a time. Several that bear on the
// result: the first to fail counts.
StatusOr<std::optional<Timestamp>> PredictBreach(const std::string& series, const Labels& result,
                                                 const SeriesSource& source, Timestamp at,
                                                 const promql::EvalLimits& limits,
                                                 promql::Budget& budget) {
  std::optional<Timestamp> breach;
  Matchers matchers = {Matcher::Equal(std::string(kMetricName), series)};
  for (std::string_view identity : {"instance", "job"}) {
    if (result.Has(identity)) {
      matchers.push_back(Matcher::Equal(std::string(identity), std::string(result.Get(identity))));
    }
  }
  FW_ASSIGN_OR_RETURN(std::vector<SeriesData> found,
                      source.Select(matchers, at - limits.lookback, at, limits.select));
  FW_RETURN_IF_ERROR(budget.ChargeSeries(found.size()));
  for (const SeriesData& data : found) {
    if (data.samples.empty()) continue;
    bool bears = std::ranges::all_of(data.labels, [&](const Labels::View& label) {
      return label.first == kMetricName || !result.Has(label.first) ||
             result.Get(label.first) == label.second;
    });
    double seconds = data.samples.back().value;
    if (!bears || !std::isfinite(seconds) || seconds < 0 || seconds > kPredictedSecondsMax)
      continue;
    Timestamp expected = data.samples.back().at + Duration(static_cast<int64_t>(seconds * 1000));
    if (!breach || expected < *breach) breach = expected;
  }
  return breach;
}

}  // namespace

StatusOr<std::vector<AlertResult>> EvaluateAlerts(
    const PreparedGroup& group, const PreparedRule& rule, const SeriesSource& source,
    const ScopeLabels& scope, Timestamp at, const promql::EvalLimits& limits,
    promql::Budget& budget, std::optional<promql::Vector> known) {
  FW_ASSIGN_OR_RETURN(promql::Vector vector,
                      EvaluateToVector(group, rule, source, at, limits, budget, std::move(known)));
  std::vector<AlertResult> results;
  TemplateQueries queries(source, at, limits, budget);
  std::set<Labels> seen;
  for (promql::VectorSample& sample : vector) {
    AlertResult& result = results.emplace_back();
    result.value = sample.value;
    result.result = sample.labels.WithoutName();
    result.labels = result.result;
    for (const auto& [name, text] : rule.labels) {
      result.labels.Set(name, Expand(text, sample, queries));
    }
    result.labels.Set("alertname", rule.rule.name);
    result.labels.Set(kShadowLabel, rule.rule.forewarn.shadow ? "true" : "");
    SetScope(scope, result.labels);
    for (const auto& [name, text] : rule.annotations) {
      result.annotations.emplace_back(name, Expand(text, sample, queries));
    }
    if (!seen.insert(result.labels).second) return TwinResults(result.labels);
    if (!rule.rule.forewarn.predicts.empty()) {
      FW_ASSIGN_OR_RETURN(
          result.predicted_breach,
          PredictBreach(rule.rule.forewarn.predicts, result.result, source, at, limits, budget));
    }
  }
  return results;
}

StatusOr<std::vector<DerivedSample>> EvaluateRecording(
    const PreparedGroup& group, const PreparedRule& rule, const SeriesSource& source,
    const ScopeLabels& scope, Timestamp at, const promql::EvalLimits& limits,
    promql::Budget& budget, std::optional<promql::Vector> known) {
  FW_ASSIGN_OR_RETURN(promql::Vector vector,
                      EvaluateToVector(group, rule, source, at, limits, budget, std::move(known)));
  std::vector<DerivedSample> results;
  std::set<Labels> seen;
  for (promql::VectorSample& sample : vector) {
    DerivedSample& result = results.emplace_back();
    result.value = sample.value;
    result.labels = sample.labels;
    result.labels.Set(kMetricName, rule.rule.name);
    for (const auto& [name, value] : rule.rule.labels) result.labels.Set(name, value);
    SetScope(scope, result.labels);
    if (!seen.insert(result.labels).second) return TwinResults(result.labels);
  }
  return results;
}

}  // namespace forewarn
