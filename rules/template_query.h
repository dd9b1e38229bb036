#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"
#include "rules/promql/promql.h"
#include "rules/template_value.h"

namespace forewarn {

// TemplateQueries runs the queries of alert texts (`{{ query "up" }}`) at the instant of the alert,
// over what the rule sees. One for each evaluation of a rule: what was asked once is not read again,
// and what it gave lives as long as this. Bounded, since a rule may have many results and each of
// them many texts. Not thread-safe.
class TemplateQueries {
 public:
  // Different queries of one evaluation; the next fails.
  static constexpr size_t kMaxQueries = 100;
  // Of each query. `limits` of the evaluation hold where they are tighter.
  static constexpr size_t kMaxResults = 1'000;
  static constexpr size_t kMaxSamples = 1'000'000;
  // Of all texts of one evaluation, in samples touched; and no more than half of what its budget has left, since the
  // alerts go on without their texts.
  static constexpr uint64_t kMaxOperations = 10'000'000;

  // `source` and `budget` are loans that outlive it.
  TemplateQueries(const SeriesSource& source, Timestamp at, const promql::EvalLimits& limits,
                  promql::Budget& budget);

  // Pays for what expanding a text does beside its queries. Fails when there is nothing left, whatever is asked for.
  Status Charge(uint64_t operations);

  // The instant vector; a scalar is one sample without labels. kResourceExhausted beyond the bounds.
  StatusOr<templates::Samples> Run(const std::string& query);

 private:
  StatusOr<templates::Samples> Evaluate(const std::string& query);

  // Fixed after construction.
  const SeriesSource& source_;
  const Timestamp at_;
  promql::EvalLimits limits_;

  // Changes.
  promql::Budget& budget_;
  uint64_t left_;
  std::map<std::string, StatusOr<templates::Samples>> results_;
};

}  // namespace forewarn
