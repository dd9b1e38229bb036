#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"
#include "rules/live/live_plan.h"
#include "rules/live/watches.h"
#include "rules/promql/promql.h"

namespace forewarn {

// Room for the values of a plan's nodes while it is evaluated; one for all rules.
struct LiveValues {
  std::vector<std::vector<double>>
      nodes;  // of node i its rows, absent ones as stale markers; of a scalar one
  std::vector<double> group;
  std::vector<Sample> samples;
  std::vector<double> parameters;
  uint64_t work = 0;  // values and samples that the evaluation has looked at
};

// LiveRule evaluates a plan over the watches of one scope. Which rows match which, and which belong to one group, is
// worked out once for as long as the watched series are the same. Owned by its engine; not thread-safe.
class LiveRule {
 public:
  // `watches[i]` is that of the plan's selector i; loans, as is the source, which outlive it.
  LiveRule(std::shared_ptr<const LivePlan> plan, std::vector<Watch*> watches,
           const NumberedSource& source);

  // What one evaluation may look at, as many values and samples as the general evaluator's max_operations, and how
  // many labels may be made to find out which rows belong together: about half a second of either.
  static constexpr uint64_t kWorkMax = 50'000'000;
  static constexpr uint64_t kLabelsMax = 2'000'000;
  static constexpr size_t kSeriesMax = SelectLimits().max_series;  // of one selector

  // What EvaluateAt() says of the expression at `at`, for which the watches are ready. Nothing when only the general
  // evaluator can say it: where matches are not unique, which may be a mistake to be told of, or the work too much.
  std::optional<promql::Vector> Evaluate(Timestamp at, Duration lookback, LiveValues& values);

  // Whether it gave up for the series that there are, of which some may have ended.
  bool is_ambiguous() const { return is_ambiguous_; }
  const std::vector<Watch*>& watches() const { return watches_; }

 private:
  // How the rows of a kMatch, kSet or kGroups come from those of its inputs.
  struct Shape {
    size_t rows = 0;
    // Of kMatch and kSet: rows of both sides that share a signature, group by group, in the order of signatures.
    // Group g has left[left_ends[g - 1] .. left_ends[g]], and of the right side the same. Of kGroups: rows of the
    // input, in the order of the groups' labels.
    std::vector<uint32_t> left;
    std::vector<uint32_t> right;
    std::vector<uint32_t> left_ends;
    std::vector<uint32_t> right_ends;
    std::vector<Labels> labels;  // of kGroups
  };
  struct Shapes {
    std::vector<uint64_t> generations;  // of the watches for which they were made
    std::vector<Shape> nodes;           // empty ones for nodes that need none
    uint64_t labels_made = 0;
  };

  bool AreShapesCurrent() const;
  // False when it cannot be said beforehand which labels a row has.
  bool MakeShapes();
  bool MakeMatch(const LivePlan::Node& node, Shape& shape) const;
  void MakeGroups(const LivePlan::Node& node, Shape& shape) const;
  size_t RowsOf(size_t node) const;
  // The labels of a row. Those of a match that takes over labels are its only partner's.
  Labels LabelsOf(size_t node, size_t row) const;

  // False when a match is not unique.
  bool Run(size_t node, Timestamp at, Duration lookback, LiveValues& values) const;
  void RunInstant(const LivePlan::Node& node, Timestamp at, Duration lookback,
                  std::vector<double>& out) const;
  bool RunWindow(const LivePlan::Node& node, Timestamp at, LiveValues& values,
                 std::vector<double>& out) const;
  bool RunMatch(const LivePlan::Node& node, const Shape& shape, const std::vector<double>& left,
                const std::vector<double>& right, std::vector<double>& out) const;
  void RunSet(const LivePlan::Node& node, const Shape& shape, const std::vector<double>& left,
              const std::vector<double>& right, std::vector<double>& out) const;

  const std::shared_ptr<const LivePlan> plan_;
  const std::vector<Watch*> watches_;
  const NumberedSource& source_;

  std::unique_ptr<Shapes> shapes_;  // null when the plan has none
  bool is_ambiguous_ = false;
};

}  // namespace forewarn
