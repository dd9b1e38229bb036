#include "rules/template_query.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace forewarn {

TemplateQueries::TemplateQueries(const SeriesSource& source, Timestamp at,
                                 const promql::EvalLimits& limits, promql::Budget& budget)
    : source_(source),
      at_(at),
      limits_(limits),
      budget_(budget),
      left_(std::min(kMaxOperations, budget.left() / 2)) {
  limits_.select.max_samples = std::min(limits_.select.max_samples, kMaxSamples);
}

Status TemplateQueries::Charge(uint64_t operations) {
  if (left_ == 0 || operations > left_) {
    left_ = 0;
    return ResourceExhausted("the texts of this rule's alerts are too much work");
  }
  left_ -= operations;
  return budget_.Charge(operations);
}

StatusOr<templates::Samples> TemplateQueries::Run(const std::string& query) {
  const auto known = results_.find(query);
  if (known != results_.end()) return known->second;
  if (results_.size() >= kMaxQueries) {
    return ResourceExhausted(
        fmt::format("the texts of this rule's alerts ask more than {} queries", kMaxQueries));
  }
  return results_.emplace(query, Evaluate(query)).first->second;
}

StatusOr<templates::Samples> TemplateQueries::Evaluate(const std::string& query) {
  FW_RETURN_IF_ERROR(Charge(0));
  const StatusOr<promql::Expression> expression = promql::Parse(query);
  if (!expression.ok()) {
    // Without the line that points at the place: this becomes part of a text.
    const std::string& message = expression.status().message();
    return InvalidArgument(
        fmt::format("query '{}': {}", query, message.substr(0, message.find('\n'))));
  }
  promql::Budget budget(std::min(limits_.max_operations, left_), promql::kRuleWeights);
  StatusOr<promql::Value> value = promql::EvaluateAt(*expression, source_, at_, limits_, budget);
  // What was too much found its series before it failed, and the next would do so again.
  FW_RETURN_IF_ERROR(Charge(budget.is_exhausted() ? left_ : budget.used()));
  if (!value.ok()) return value.status().With(fmt::format("query '{}'", query));
  if (const auto* scalar = std::get_if<promql::Scalar>(&*value)) {
    value = promql::Value(promql::Vector{{Labels(), at_, scalar->value}});
  }
  auto* vector = std::get_if<promql::Vector>(&*value);
  if (vector == nullptr) {
    return InvalidArgument(
        fmt::format("query '{}' gives no instant vector or scalar; a template needs one", query));
  }
  if (vector->size() > kMaxResults) {
    return ResourceExhausted(fmt::format("query '{}' has {} results; a template takes {} at most",
                                         query, vector->size(), kMaxResults));
  }
  std::vector<templates::SampleRef> samples;
  samples.reserve(vector->size());
  for (promql::VectorSample& sample : *vector) {
    samples.push_back(std::make_shared<const promql::VectorSample>(std::move(sample)));
  }
  return std::make_shared<const std::vector<templates::SampleRef>>(std::move(samples));
}

}  // namespace forewarn
