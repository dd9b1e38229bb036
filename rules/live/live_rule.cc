#include "rules/live/live_rule.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/check.h"
#include "rules/promql/aggregate.h"
#include "rules/promql/binary.h"
#include "rules/promql/range_functions.h"
#include "rules/promql/rows.h"
#include "rules/promql/vector_functions.h"

namespace forewarn {
namespace {

using promql::As;
using promql::IsValue;
using promql::TokenKind;
using Kind = LivePlan::Node::Kind;

bool IsSwapped(const promql::Binary& binary) {
  return binary.matching.cardinality == promql::Cardinality::kOneToMany;
}

// Where the part of group `g` begins.
uint32_t BeginOf(const std::vector<uint32_t>& ends, size_t g) { return g == 0 ? 0 : ends[g - 1]; }

}  // namespace

LiveRule::LiveRule(std::shared_ptr<const LivePlan> plan, std::vector<Watch*> watches,
                   const NumberedSource& source)
    : plan_(std::move(plan)), watches_(std::move(watches)), source_(source) {
  FW_CHECK(watches_.size() == plan_->selectors.size());
}

std::optional<promql::Vector> LiveRule::Evaluate(Timestamp at, Duration lookback,
                                                 LiveValues& values) {
  if (plan_->has_shapes && !AreShapesCurrent()) is_ambiguous_ = !MakeShapes();
  if (is_ambiguous_) return std::nullopt;
  if (values.nodes.size() < plan_->nodes.size()) values.nodes.resize(plan_->nodes.size());
  values.work = 0;
  for (const Watch* watch : watches_) {
    if (watch->rows() > kSeriesMax) return std::nullopt;
  }
  for (size_t i = 0; i < plan_->nodes.size(); ++i) {
    if (!Run(i, at, lookback, values)) return std::nullopt;
    values.work += values.nodes[i].size();
    if (values.work > kWorkMax) return std::nullopt;
  }
  const size_t root = plan_->nodes.size() - 1;
  promql::Vector result;
  for (size_t row = 0; row < values.nodes[root].size(); ++row) {
    const double value = values.nodes[root][row];
    if (IsValue(value)) result.push_back({LabelsOf(root, row), at, value});
  }
  if (!std::ranges::is_sorted(result, {}, &promql::VectorSample::labels)) {
    std::ranges::stable_sort(result, {}, &promql::VectorSample::labels);
  }
  return result;
}

bool LiveRule::AreShapesCurrent() const {
  return shapes_ != nullptr &&
         std::ranges::equal(shapes_->generations, watches_, {}, {}, &Watch::generation);
}

bool LiveRule::MakeShapes() {
  shapes_ = std::make_unique<Shapes>();
  for (const Watch* watch : watches_) shapes_->generations.push_back(watch->generation());
  shapes_->nodes.resize(plan_->nodes.size());
  for (size_t i = 0; i < plan_->nodes.size(); ++i) {
    const LivePlan::Node& node = plan_->nodes[i];
    Shape& shape = shapes_->nodes[i];
    if ((node.kind == Kind::kMatch || node.kind == Kind::kSet) && !MakeMatch(node, shape)) {
      return false;
    }
    if (node.kind == Kind::kGroups) MakeGroups(node, shape);
    if (shapes_->labels_made > kLabelsMax) return false;
  }
  return true;
}

size_t LiveRule::RowsOf(size_t place) const {
  const LivePlan::Node& node = plan_->nodes[place];
  switch (node.kind) {
    case Kind::kInstant:
    case Kind::kWindow: return watches_[node.selector]->rows();
    case Kind::kNegate:
    case Kind::kEach:
    case Kind::kWithScalar: return RowsOf(node.inputs[0]);
    case Kind::kMatch:
    case Kind::kSet:
    case Kind::kGroups: return shapes_->nodes[place].rows;
    default: return 1;  // a scalar
  }
}

bool LiveRule::MakeMatch(const LivePlan::Node& node, Shape& shape) const {
  const auto& binary = *As<promql::Binary>(*node.node);
  const bool is_set = node.kind == Kind::kSet;
  const bool swapped = !is_set && IsSwapped(binary);
  const size_t left = node.inputs[swapped ? 1 : 0];
  const size_t right = node.inputs[swapped ? 0 : 1];
  const size_t left_rows = RowsOf(left), right_rows = RowsOf(right);
  std::map<Labels, std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> groups;
  for (uint32_t row = 0; row < left_rows && shapes_->labels_made <= kLabelsMax; ++row) {
    groups[promql::Signature(LabelsOf(left, row), binary.matching)].first.push_back(row);
  }
  for (uint32_t row = 0; row < right_rows && shapes_->labels_made <= kLabelsMax; ++row) {
    groups[promql::Signature(LabelsOf(right, row), binary.matching)].second.push_back(row);
  }
  const bool takes_over = !is_set && !binary.matching.include.empty();
  std::set<Labels> seen;
  for (const auto& [signature, group] : groups) {
    // Of a match, rows without a partner are never seen; two of the side that must be unique are a mistake, even
    // without one.
    if (!is_set && (group.second.empty() || (group.first.empty() && group.second.size() < 2))) {
      continue;
    }
    if (takes_over && group.second.size() > 1) return false;
    if (binary.matching.cardinality != promql::Cardinality::kOneToOne && !is_set) {
      for (uint32_t row : group.first) {
        Labels labels = promql::ResultLabels(binary, LabelsOf(left, row),
                                             LabelsOf(right, group.second.front()));
        if (!seen.insert(std::move(labels)).second) return false;
      }
    }
    shape.left.insert(shape.left.end(), group.first.begin(), group.first.end());
    shape.right.insert(shape.right.end(), group.second.begin(), group.second.end());
    shape.left_ends.push_back(static_cast<uint32_t>(shape.left.size()));
    shape.right_ends.push_back(static_cast<uint32_t>(shape.right.size()));
  }
  shape.rows =
      is_set ? left_rows + (binary.op == TokenKind::kOr ? right_rows : 0) : shape.left.size();
  return true;
}

void LiveRule::MakeGroups(const LivePlan::Node& node, Shape& shape) const {
  const auto& aggregate = *As<promql::Aggregate>(*node.node);
  std::map<Labels, std::vector<uint32_t>> groups;
  const size_t rows = RowsOf(node.inputs[0]);
  for (uint32_t row = 0; row < rows && shapes_->labels_made <= kLabelsMax; ++row) {
    groups[promql::GroupLabels(aggregate, LabelsOf(node.inputs[0], row))].push_back(row);
  }
  for (auto& [labels, rows] : groups) {
    shape.left.insert(shape.left.end(), rows.begin(), rows.end());
    shape.left_ends.push_back(static_cast<uint32_t>(shape.left.size()));
    shape.labels.push_back(labels);
  }
  shape.rows = shape.labels.size();
}

Labels LiveRule::LabelsOf(size_t place, size_t row) const {
  const LivePlan::Node& node = plan_->nodes[place];
  if (shapes_ != nullptr) ++shapes_->labels_made;
  switch (node.kind) {
    case Kind::kInstant: return source_.LabelsOf(watches_[node.selector]->id(row));
    case Kind::kWindow: {
      Labels labels = source_.LabelsOf(watches_[node.selector]->id(row));
      const bool keeps =
          As<promql::Call>(*node.node)->function->id == promql::FunctionId::kLastOverTime;
      return keeps ? labels : labels.WithoutName();
    }
    case Kind::kNegate:
    case Kind::kEach: return LabelsOf(node.inputs[0], row).WithoutName();
    case Kind::kWithScalar: {
      const auto& binary = *As<promql::Binary>(*node.node);
      Labels labels = LabelsOf(node.inputs[0], row);
      const bool drops = binary.returns_bool || promql::DropsName(binary.op);
      return drops ? labels.WithoutName() : labels;
    }
    case Kind::kMatch: {
      const auto& binary = *As<promql::Binary>(*node.node);
      const bool swapped = IsSwapped(binary);
      const Shape& shape = shapes_->nodes[place];
      const size_t group = static_cast<size_t>(
          std::ranges::upper_bound(shape.left_ends, static_cast<uint32_t>(row)) -
          shape.left_ends.begin());
      Labels one;
      if (!binary.matching.include.empty()) {
        one = LabelsOf(node.inputs[swapped ? 0 : 1], shape.right[BeginOf(shape.right_ends, group)]);
      }
      return promql::ResultLabels(binary, LabelsOf(node.inputs[swapped ? 1 : 0], shape.left[row]),
                                  one);
    }
    case Kind::kSet: {
      const size_t left_rows = RowsOf(node.inputs[0]);
      return row < left_rows ? LabelsOf(node.inputs[0], row)
                             : LabelsOf(node.inputs[1], row - left_rows);
    }
    case Kind::kGroups: return shapes_->nodes[place].labels[row];
    default: FW_CHECK(!"a scalar has no labels"); return {};
  }
}

bool LiveRule::Run(size_t place, Timestamp at, Duration lookback, LiveValues& values) const {
  const LivePlan::Node& node = plan_->nodes[place];
  std::vector<double>& out = values.nodes[place];
  out.resize(RowsOf(place));
  const auto input = [&](size_t i) -> const std::vector<double>& {
    return values.nodes[node.inputs[i]];
  };
  switch (node.kind) {
    case Kind::kNumber: out[0] = As<promql::Number>(*node.node)->value; return true;
    case Kind::kTime: out[0] = ToSeconds(at); return true;
    case Kind::kScalars:
      out[0] = promql::Operate(As<promql::Binary>(*node.node)->op, input(0)[0], input(1)[0]);
      return true;
    case Kind::kInstant: RunInstant(node, at, lookback, out); return true;
    case Kind::kWindow: return RunWindow(node, at, values, out);
    case Kind::kNegate:
      for (size_t i = 0; i < out.size(); ++i) {
        const double value = input(0)[i];
        out[i] = IsValue(value) ? -value : value;
      }
      return true;
    case Kind::kEach: {
      values.parameters.clear();
      for (size_t i = 1; i < node.inputs.size(); ++i) values.parameters.push_back(input(i)[0]);
      const promql::FunctionId id = As<promql::Call>(*node.node)->function->id;
      for (size_t i = 0; i < out.size(); ++i) {
        const double value = input(0)[i];
        out[i] = IsValue(value) ? promql::ApplyToValue(id, value, values.parameters) : value;
      }
      return true;
    }
    case Kind::kWithScalar: {
      const auto& binary = *As<promql::Binary>(*node.node);
      const bool scalar_is_left = binary.left->type == promql::ValueType::kScalar;
      const bool filters = promql::IsComparison(binary.op) && !binary.returns_bool;
      const double scalar = input(1)[0];
      for (size_t i = 0; i < out.size(); ++i) {
        const double value = input(0)[i];
        out[i] = value;
        if (!IsValue(value)) continue;
        const double result = scalar_is_left ? promql::Operate(binary.op, scalar, value)
                                             : promql::Operate(binary.op, value, scalar);
        if (!filters) {
          out[i] = result;
        } else if (result == 0) {
          out[i] = StaleMarker();
        }
      }
      return true;
    }
    case Kind::kMatch: return RunMatch(node, shapes_->nodes[place], input(0), input(1), out);
    case Kind::kSet: RunSet(node, shapes_->nodes[place], input(0), input(1), out); return true;
    case Kind::kGroups: {
      const double parameter = node.inputs.size() > 1 ? input(1)[0] : 0;
      const TokenKind op = As<promql::Aggregate>(*node.node)->op;
      const Shape& shape = shapes_->nodes[place];
      for (size_t g = 0; g < out.size(); ++g) {
        values.group.clear();
        for (uint32_t i = BeginOf(shape.left_ends, g); i < shape.left_ends[g]; ++i) {
          const double value = input(0)[shape.left[i]];
          if (IsValue(value)) values.group.push_back(value);
        }
        out[g] =
            values.group.empty() ? StaleMarker() : promql::Summarize(op, parameter, values.group);
      }
      return true;
    }
  }
  return true;
}

void LiveRule::RunInstant(const LivePlan::Node& node, Timestamp at, Duration lookback,
                          std::vector<double>& out) const {
  const Watch& watch = *watches_[node.selector];
  for (size_t row = 0; row < out.size(); ++row) {
    const Sample* sample = watch.window(row).At(at);
    out[row] = sample == nullptr || sample->at < at - lookback ? StaleMarker() : sample->value;
  }
}

bool LiveRule::RunWindow(const LivePlan::Node& node, Timestamp at, LiveValues& values,
                         std::vector<double>& out) const {
  const promql::FunctionId id = As<promql::Call>(*node.node)->function->id;
  values.parameters.clear();
  for (size_t input : node.inputs) values.parameters.push_back(values.nodes[input][0]);
  if (!promql::CheckParameters(id, values.parameters).ok()) return false;
  const Watch& watch = *watches_[node.selector];
  promql::Window window;
  window.at = window.to = at;
  window.from = at - plan_->selectors[node.selector].range;
  window.parameters = values.parameters;
  for (size_t row = 0; row < out.size(); ++row) {
    window.samples = watch.window(row).Between(window.from, window.to);
    values.work += 2 * window.samples.size();  // as the general evaluator counts: read, and used
    if (std::ranges::any_of(window.samples, [](const Sample& s) { return IsStale(s.value); })) {
      values.samples.clear();
      for (const Sample& sample : window.samples) {
        if (!IsStale(sample.value)) values.samples.push_back(sample);
      }
      window.samples = values.samples;
    }
    out[row] = StaleMarker();
    if (window.samples.empty()) continue;
    if (std::optional<double> value = promql::ApplyToWindow(id, window)) out[row] = *value;
  }
  return true;
}

bool LiveRule::RunMatch(const LivePlan::Node& node, const Shape& shape,
                        const std::vector<double>& left, const std::vector<double>& right,
                        std::vector<double>& out) const {
  const auto& binary = *As<promql::Binary>(*node.node);
  const bool swapped = IsSwapped(binary);
  const bool filters = promql::IsComparison(binary.op) && !binary.returns_bool;
  const bool one_to_one = binary.matching.cardinality == promql::Cardinality::kOneToOne;
  const std::vector<double>& many = swapped ? right : left;
  const std::vector<double>& one = swapped ? left : right;
  for (size_t g = 0; g < shape.left_ends.size(); ++g) {
    double partner = StaleMarker();
    for (uint32_t i = BeginOf(shape.right_ends, g); i < shape.right_ends[g]; ++i) {
      const double value = one[shape.right[i]];
      if (!IsValue(value)) continue;
      if (IsValue(partner)) return false;
      partner = value;
    }
    bool matched = false;
    for (uint32_t row = BeginOf(shape.left_ends, g); row < shape.left_ends[g]; ++row) {
      out[row] = StaleMarker();
      const double value = many[shape.left[row]];
      if (!IsValue(value) || !IsValue(partner)) continue;
      const double on_left = swapped ? partner : value;
      const double result = promql::Operate(binary.op, on_left, swapped ? value : partner);
      if (filters && result == 0) continue;
      if (one_to_one && matched) return false;
      matched = true;
      out[row] = filters ? on_left : result;
    }
  }
  return true;
}

void LiveRule::RunSet(const LivePlan::Node& node, const Shape& shape,
                      const std::vector<double>& left, const std::vector<double>& right,
                      std::vector<double>& out) const {
  const TokenKind op = As<promql::Binary>(*node.node)->op;
  std::ranges::copy(left, out.begin());
  if (op == TokenKind::kOr)
    std::ranges::copy(right, out.begin() + static_cast<ptrdiff_t>(left.size()));
  const auto any = [](const std::vector<double>& values, const std::vector<uint32_t>& rows,
                      uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) {
      if (IsValue(values[rows[i]])) return true;
    }
    return false;
  };
  for (size_t g = 0; g < shape.left_ends.size(); ++g) {
    const uint32_t left_begin = BeginOf(shape.left_ends, g), left_end = shape.left_ends[g];
    const uint32_t right_begin = BeginOf(shape.right_ends, g), right_end = shape.right_ends[g];
    if (op == TokenKind::kOr) {
      if (!any(left, shape.left, left_begin, left_end)) continue;
      for (uint32_t i = right_begin; i < right_end; ++i)
        out[left.size() + shape.right[i]] = StaleMarker();
    } else if (any(right, shape.right, right_begin, right_end) != (op == TokenKind::kAnd)) {
      for (uint32_t i = left_begin; i < left_end; ++i) out[shape.left[i]] = StaleMarker();
    }
  }
}

}  // namespace forewarn
