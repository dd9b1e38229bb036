#include "rules/live/live_rows.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "rules/promql/aggregate.h"
#include "rules/promql/binary.h"
#include "rules/promql/functions.h"
#include "rules/promql/histogram.h"
#include "rules/promql/label_functions.h"
#include "rules/promql/rows.h"

namespace forewarn {
namespace {

using promql::As;
using promql::TokenKind;
using Kind = LivePlan::Node::Kind;

// Of an expression that changes labels, as the general evaluator counts.
constexpr uint64_t kOperationsPerLabel = 12;
// The memory that the labels of a row take, at least.
constexpr size_t kSamplesPerLabels = 10;

}  // namespace

size_t LiveShape::size() const {
  const size_t numbers = left.size() + right.size() + left_ends.size() + right_ends.size();
  const size_t bytes = numbers * sizeof(uint32_t) + bounds.size() * sizeof(double);
  return labels.size() * kSamplesPerLabels + bytes / sizeof(Sample);
}

void LiveRows::Shapes::Clear() {
  all = {};
  room.GiveBack(taken);
  taken = 0;
}

LiveRows::LiveRows(std::shared_ptr<const LivePlan> plan, std::vector<Watch*> watches, Watches& room)
    : plan_(std::move(plan)), watches_(std::move(watches)), room_(room), source_(room.source()) {
  FW_CHECK(watches_.size() == plan_->selectors.size());
}

bool LiveRows::Update() {
  if (plan_->shapes == 0) return true;
  if (shapes_ == nullptr || shapes_->lacks_room ||
      !std::ranges::equal(shapes_->generations, watches_, {}, {}, &Watch::generation)) {
    shapes_ = nullptr;
    shapes_ = std::make_unique<Shapes>(room_);
    for (const Watch* watch : watches_) shapes_->generations.push_back(watch->generation());
    shapes_->all.resize(plan_->shapes);
    shapes_->is_whole = Make();
    if (!shapes_->is_whole) shapes_->Clear();
  }
  return shapes_->is_whole;
}

bool LiveRows::Make() {
  for (const LivePlan::Node& node : plan_->nodes) {
    if (!LivePlan::HasShape(node.kind)) continue;
    LiveShape& shape = shapes_->all[node.shape];
    bool is_clear = true;
    switch (node.kind) {
      case Kind::kMatch:
      case Kind::kSet: is_clear = MakeMatch(node, shape); break;
      case Kind::kRelabel: is_clear = MakeRelabel(node, shape); break;
      case Kind::kGroups:
      case Kind::kBest: MakeGroups(node, shape); break;
      case Kind::kHistogram: MakeHistogram(node, shape); break;
      default: FW_CHECK(!"a node with a shape");
    }
    if (!is_clear || shapes_->labels_made > kLabelsMax) return false;
    shapes_->lacks_room = !room_.Take(shape.size());
    if (shapes_->lacks_room) return false;
    shapes_->taken += shape.size();
  }
  return true;
}

size_t LiveRows::Count(size_t place) const {
  const LivePlan::Node& node = plan_->nodes[place];
  switch (node.kind) {
    case Kind::kInstant:
    case Kind::kWindow: return WatchOf(node).rows();
    case Kind::kNegate:
    case Kind::kEach:
    case Kind::kTimestamp:
    case Kind::kWithScalar: return Count(node.inputs[0]);
    case Kind::kRelabel:
    case Kind::kMatch:
    case Kind::kSet:
    case Kind::kGroups:
    case Kind::kBest:
    case Kind::kHistogram: return ShapeOf(place).rows;
    default: return 1;  // a scalar, or a vector of one row
  }
}

bool LiveRows::MakeMatch(const LivePlan::Node& node, LiveShape& shape) const {
  const auto& binary = *As<promql::Binary>(*node.node);
  const bool is_set = node.kind == Kind::kSet;
  const bool swapped = !is_set && promql::IsSwapped(binary);
  const size_t left = node.inputs[swapped ? 1 : 0];
  const size_t right = node.inputs[swapped ? 0 : 1];
  struct Group {
    std::vector<uint32_t> left;
    std::vector<uint32_t> right;
  };
  std::map<Labels, Group> groups;
  const auto put = [&](size_t input, std::vector<uint32_t> Group::*side) {
    for (uint32_t row = 0; row < Count(input) && shapes_->labels_made <= kLabelsMax; ++row) {
      (groups[promql::Signature(LabelsOf(input, row), binary.matching)].*side).push_back(row);
    }
  };
  put(left, &Group::left);
  put(right, &Group::right);
  const bool takes_over = !is_set && !binary.matching.include.empty();
  std::set<Labels> seen;
  for (const auto& [signature, group] : groups) {
    // Of a match, rows without a partner are never seen; two of the side that must be unique are a mistake, even
    // without one.
    if (!is_set && (group.right.empty() || (group.left.empty() && group.right.size() < 2))) {
      continue;
    }
    if (takes_over && group.right.size() > 1) return false;
    if (binary.matching.cardinality != promql::Cardinality::kOneToOne && !is_set) {
      for (uint32_t row : group.left) {
        Labels labels =
            promql::ResultLabels(binary, LabelsOf(left, row), LabelsOf(right, group.right.front()));
        if (!seen.insert(std::move(labels)).second) return false;
      }
    }
    shape.left.insert(shape.left.end(), group.left.begin(), group.left.end());
    shape.right.insert(shape.right.end(), group.right.begin(), group.right.end());
    shape.left_ends.push_back(static_cast<uint32_t>(shape.left.size()));
    shape.right_ends.push_back(static_cast<uint32_t>(shape.right.size()));
  }
  shape.rows =
      is_set ? Count(left) + (binary.op == TokenKind::kOr ? Count(right) : 0) : shape.left.size();
  return true;
}

// Two rows that become one are for the general evaluator.
bool LiveRows::MakeRelabel(const LivePlan::Node& node, LiveShape& shape) const {
  promql::Rows rows;
  for (uint32_t row = 0; row < Count(node.inputs[0]); ++row) {
    if (shapes_->labels_made > kLabelsMax) return false;
    rows.push_back({LabelsOf(node.inputs[0], row), {0}});
  }
  if (shapes_->labels_made > kLabelsMax) return false;
  // What they cost counts like so many labels: they may be long, and an expression slow.
  promql::Budget budget((kLabelsMax - shapes_->labels_made) * kOperationsPerLabel,
                        promql::kRuleWeights);
  Status paid = budget.ChargeRows(rows.size(), 1);
  StatusOr<promql::Rows> changed =
      paid.ok() ? promql::ChangeLabels(*As<promql::Call>(*node.node), std::move(rows), budget)
                : StatusOr<promql::Rows>(paid);
  labels_made_ += budget.used() / kOperationsPerLabel;
  shapes_->labels_made += budget.used() / kOperationsPerLabel;
  if (!changed.ok()) return false;
  for (promql::Row& row : *changed) shape.labels.push_back(std::move(row.labels));
  shape.rows = shape.labels.size();
  return true;
}

void LiveRows::MakeGroups(const LivePlan::Node& node, LiveShape& shape) const {
  const auto& aggregate = *As<promql::Aggregate>(*node.node);
  std::map<Labels, std::vector<uint32_t>> groups;
  const size_t rows = Count(node.inputs[0]);
  for (uint32_t row = 0; row < rows && shapes_->labels_made <= kLabelsMax; ++row) {
    groups[promql::GroupLabels(aggregate, LabelsOf(node.inputs[0], row))].push_back(row);
  }
  for (auto& [labels, rows] : groups) {
    shape.left.insert(shape.left.end(), rows.begin(), rows.end());
    shape.left_ends.push_back(static_cast<uint32_t>(shape.left.size()));
    if (node.kind == Kind::kGroups) shape.labels.push_back(labels);
  }
  shape.rows = node.kind == Kind::kGroups ? groups.size() : Count(node.inputs[0]);
}

void LiveRows::MakeHistogram(const LivePlan::Node& node, LiveShape& shape) const {
  std::map<Labels, std::vector<std::pair<double, uint32_t>>> groups;
  for (uint32_t row = 0; row < Count(node.inputs[0]) && shapes_->labels_made <= kLabelsMax; ++row) {
    Labels labels = LabelsOf(node.inputs[0], row);
    const std::optional<double> bound = promql::TakeBound(labels);
    if (bound) groups[std::move(labels)].emplace_back(*bound, row);
  }
  for (const auto& [labels, buckets] : groups) {
    for (const auto& [bound, row] : buckets) {
      shape.bounds.push_back(bound);
      shape.left.push_back(row);
    }
    shape.left_ends.push_back(static_cast<uint32_t>(shape.left.size()));
    shape.labels.push_back(labels);
  }
  shape.rows = shape.labels.size();
}

Labels LiveRows::LabelsOf(size_t place, size_t row) const {
  const LivePlan::Node& node = plan_->nodes[place];
  ++labels_made_;
  if (shapes_ != nullptr) ++shapes_->labels_made;
  switch (node.kind) {
    case Kind::kInstant: {
      const Labels labels = source_.LabelsOf(WatchOf(node).id(row));
      return LivePlan::IsTimestamp(node) ? labels.WithoutName() : labels;
    }
    case Kind::kWindow: {
      Labels labels = source_.LabelsOf(WatchOf(node).id(row));
      const bool keeps =
          As<promql::Call>(*node.node)->function->id == promql::FunctionId::kLastOverTime;
      return keeps ? labels : labels.WithoutName();
    }
    case Kind::kToVector: return {};
    case Kind::kAbsent: return promql::DemandedLabels(*As<promql::Call>(*node.node));
    case Kind::kNegate:
    case Kind::kTimestamp:
    case Kind::kEach: return LabelsOf(node.inputs[0], row).WithoutName();
    case Kind::kWithScalar: {
      const auto& binary = *As<promql::Binary>(*node.node);
      Labels labels = LabelsOf(node.inputs[0], row);
      const bool drops = binary.returns_bool || promql::DropsName(binary.op);
      return drops ? labels.WithoutName() : labels;
    }
    case Kind::kMatch: {
      const auto& binary = *As<promql::Binary>(*node.node);
      const bool swapped = promql::IsSwapped(binary);
      const LiveShape& shape = ShapeOf(place);
      const size_t group = static_cast<size_t>(
          std::ranges::upper_bound(shape.left_ends, static_cast<uint32_t>(row)) -
          shape.left_ends.begin());
      Labels one;
      if (!binary.matching.include.empty()) {
        one = LabelsOf(node.inputs[swapped ? 0 : 1],
                       shape.right[LiveShape::BeginOf(shape.right_ends, group)]);
      }
      return promql::ResultLabels(binary, LabelsOf(node.inputs[swapped ? 1 : 0], shape.left[row]),
                                  one);
    }
    case Kind::kSet: {
      const size_t left_rows = Count(node.inputs[0]);
      return row < left_rows ? LabelsOf(node.inputs[0], row)
                             : LabelsOf(node.inputs[1], row - left_rows);
    }
    case Kind::kBest: return LabelsOf(node.inputs[0], row);
    case Kind::kRelabel:
    case Kind::kGroups:
    case Kind::kHistogram: return ShapeOf(place).labels[row];
    default: FW_CHECK(!"a scalar has no labels"); return {};
  }
}

}  // namespace forewarn
