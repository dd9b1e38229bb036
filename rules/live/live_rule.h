#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "rules/live/live_rows.h"
#include "rules/live/watches.h"
#include "rules/promql/aggregate.h"
#include "rules/promql/promql.h"

namespace forewarn {

// Room for the values of a plan's nodes while it is evaluated; one for all rules.
struct LiveValues {
  std::vector<std::vector<double>>
      nodes;  // of node i its rows, absent ones as stale markers; of a scalar one
  std::vector<double> group;
  std::vector<promql::Ranked> ranked;
  std::vector<size_t> order;  // of the rows that a kBest keeps, group by group
  std::vector<Sample> samples;
  std::vector<double> parameters;
  uint64_t work = 0;  // values and samples that the evaluation has looked at
};

// LiveRule evaluates a plan over the watches of one scope. Owned by its engine; not thread-safe.
class LiveRule {
 public:
  // `watches[i]` is that of the plan's selector i, all of `room`; loans that outlive it.
  LiveRule(std::shared_ptr<const LivePlan> plan, std::vector<Watch*> watches, Watches& room)
      : rows_(std::move(plan), std::move(watches), room) {}

  // What one evaluation may look at, as many values and samples as the general evaluator's max_operations: about half
  // a second.
  static constexpr uint64_t kWorkMax = 50'000'000;
  static constexpr size_t kSeriesMax = SelectLimits().max_series;  // of one selector

  // What EvaluateAt() says of the expression at `at`, for which the watches are ready. Nothing when only the general
  // evaluator can say it: where matches are not unique, which may be a mistake to be told of, or the work too much.
  std::optional<promql::Vector> Evaluate(Timestamp at, Duration lookback, LiveValues& values);

  // Whether it gave up for the series that there are, of which some may have ended.
  bool is_ambiguous() const { return is_ambiguous_; }
  // Whether it gave up since what it would have to keep is too much.
  bool lacks_room() const { return rows_.lacks_room(); }
  const std::vector<Watch*>& watches() const { return rows_.watches(); }
  // How many labels it made so far.
  uint64_t labels_made() const { return rows_.labels_made(); }

 private:
  // False when a match is not unique.
  bool Run(size_t node, Timestamp at, Duration lookback, LiveValues& values) const;
  void RunInstant(const LivePlan::Node& node, Timestamp at, Duration lookback,
                  std::vector<double>& out) const;
  bool RunWindow(const LivePlan::Node& node, Timestamp at, LiveValues& values,
                 std::vector<double>& out) const;
  bool RunMatch(const LivePlan::Node& node, const LiveShape& shape, const std::vector<double>& left,
                const std::vector<double>& right, std::vector<double>& out) const;
  bool RunBest(const LivePlan::Node& node, const LiveShape& shape, LiveValues& values,
               std::vector<double>& out) const;
  void RunSet(const LivePlan::Node& node, const LiveShape& shape, const std::vector<double>& left,
              const std::vector<double>& right, std::vector<double>& out) const;

  LiveRows rows_;
  bool is_ambiguous_ = false;
};

}  // namespace forewarn
