#include "rules/live/live_rule.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "rules/promql/aggregate.h"
#include "rules/promql/binary.h"
#include "rules/promql/evaluator.h"
#include "rules/promql/histogram.h"
#include "rules/promql/range_functions.h"
#include "rules/promql/rows.h"
#include "rules/promql/vector_functions.h"

namespace forewarn {
namespace {

using promql::As;
using promql::IsValue;
using promql::TokenKind;
using Kind = LivePlan::Node::Kind;

// NaN when there is none, or more than one.
double OnlyValue(const std::vector<double>& values) {
  const auto found = std::ranges::find_if(values, IsValue);
  const bool is_only =
      found != values.end() && std::find_if(found + 1, values.end(), IsValue) == values.end();
  return is_only ? *found : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::optional<promql::Vector> LiveRule::Evaluate(Timestamp at, Duration lookback,
                                                 LiveValues& values) {
  const bool is_known = rows_.Update();
  is_ambiguous_ = !is_known && !rows_.lacks_room();
  if (!is_known) return std::nullopt;
  const LivePlan& plan = rows_.plan();
  if (values.nodes.size() < plan.nodes.size()) values.nodes.resize(plan.nodes.size());
  values.work = 0;
  for (const Watch* watch : watches()) {
    if (watch->rows() > kSeriesMax) return std::nullopt;
  }
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    if (!Run(i, at, lookback, values)) return std::nullopt;
    values.work += values.nodes[i].size();
    if (values.work > kWorkMax) return std::nullopt;
  }
  const size_t root = plan.nodes.size() - 1;
  promql::Vector result;
  if (plan.nodes[root].kind == Kind::kBest) {
    for (size_t row : values.order) {
      result.push_back({rows_.LabelsOf(root, row), at, values.nodes[root][row]});
    }
    // Not below a plus, which takes all meaning from it.
    if (promql::IsOrdered(promql::WithoutParens(plan.expression.root()))) return result;
  } else {
    for (size_t row = 0; row < values.nodes[root].size(); ++row) {
      const double value = values.nodes[root][row];
      if (IsValue(value)) result.push_back({rows_.LabelsOf(root, row), at, value});
    }
  }
  if (!std::ranges::is_sorted(result, {}, &promql::VectorSample::labels)) {
    std::ranges::stable_sort(result, {}, &promql::VectorSample::labels);
  }
  return result;
}

bool LiveRule::Run(size_t place, Timestamp at, Duration lookback, LiveValues& values) const {
  const LivePlan::Node& node = rows_.plan().nodes[place];
  std::vector<double>& out = values.nodes[place];
  out.resize(rows_.Count(place));
  const auto input = [&](size_t i) -> const std::vector<double>& {
    return values.nodes[node.inputs[i]];
  };
  switch (node.kind) {
    case Kind::kNumber: out[0] = As<promql::Number>(*node.node)->value; return true;
    case Kind::kTime: out[0] = ToSeconds(at); return true;
    case Kind::kScalars:
      out[0] = promql::Operate(As<promql::Binary>(*node.node)->op, input(0)[0], input(1)[0]);
      return true;
    case Kind::kToVector: out[0] = input(0)[0]; return true;
    case Kind::kToScalar: out[0] = OnlyValue(input(0)); return true;
    case Kind::kAbsent:
      out[0] = std::ranges::any_of(input(0), IsValue) ? StaleMarker() : 1;
      return true;
    case Kind::kRelabel: std::ranges::copy(input(0), out.begin()); return true;
    case Kind::kTimestamp:
      for (size_t i = 0; i < out.size(); ++i) {
        out[i] = IsValue(input(0)[i]) ? ToSeconds(at) : StaleMarker();
      }
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
    case Kind::kMatch: return RunMatch(node, rows_.ShapeOf(place), input(0), input(1), out);
    case Kind::kSet: RunSet(node, rows_.ShapeOf(place), input(0), input(1), out); return true;
    case Kind::kHistogram: {
      const LiveShape& shape = rows_.ShapeOf(place);
      for (size_t g = 0; g < out.size(); ++g) {
        std::vector<promql::Bucket> buckets;
        for (uint32_t i = LiveShape::BeginOf(shape.left_ends, g); i < shape.left_ends[g]; ++i) {
          const double value = input(0)[shape.left[i]];
          if (IsValue(value)) buckets.push_back({shape.bounds[i], value});
        }
        out[g] = buckets.empty() ? StaleMarker()
                                 : promql::BucketQuantile(input(1)[0], std::move(buckets));
      }
      return true;
    }
    case Kind::kBest: return RunBest(node, rows_.ShapeOf(place), values, out);
    case Kind::kGroups: {
      const double parameter = node.inputs.size() > 1 ? input(1)[0] : 0;
      const TokenKind op = As<promql::Aggregate>(*node.node)->op;
      const LiveShape& shape = rows_.ShapeOf(place);
      for (size_t g = 0; g < out.size(); ++g) {
        values.group.clear();
        for (uint32_t i = LiveShape::BeginOf(shape.left_ends, g); i < shape.left_ends[g]; ++i) {
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
  const Watch& watch = rows_.WatchOf(node);
  const bool is_timestamp = LivePlan::IsTimestamp(node);
  at -= rows_.plan().selectors[node.selector].offset;
  for (size_t row = 0; row < out.size(); ++row) {
    const Sample* sample = watch.window(row).At(at);
    out[row] = sample == nullptr || sample->at < at - lookback ? StaleMarker() : sample->value;
    if (is_timestamp && IsValue(out[row])) out[row] = ToSeconds(sample->at);
  }
}

bool LiveRule::RunWindow(const LivePlan::Node& node, Timestamp at, LiveValues& values,
                         std::vector<double>& out) const {
  const promql::FunctionId id = As<promql::Call>(*node.node)->function->id;
  values.parameters.clear();
  for (size_t input : node.inputs) values.parameters.push_back(values.nodes[input][0]);
  if (!promql::CheckParameters(id, values.parameters).ok()) return false;
  const Watch& watch = rows_.WatchOf(node);
  promql::Window window;
  const LivePlan::Selector& selector = rows_.plan().selectors[node.selector];
  window.at = at;
  window.to = at - selector.offset;
  window.from = window.to - selector.range;
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

bool LiveRule::RunMatch(const LivePlan::Node& node, const LiveShape& shape,
                        const std::vector<double>& left, const std::vector<double>& right,
                        std::vector<double>& out) const {
  const auto& binary = *As<promql::Binary>(*node.node);
  const bool swapped = promql::IsSwapped(binary);
  const bool filters = promql::IsComparison(binary.op) && !binary.returns_bool;
  const bool one_to_one = binary.matching.cardinality == promql::Cardinality::kOneToOne;
  const std::vector<double>& many = swapped ? right : left;
  const std::vector<double>& one = swapped ? left : right;
  for (size_t g = 0; g < shape.left_ends.size(); ++g) {
    double partner = StaleMarker();
    for (uint32_t i = LiveShape::BeginOf(shape.right_ends, g); i < shape.right_ends[g]; ++i) {
      const double value = one[shape.right[i]];
      if (!IsValue(value)) continue;
      if (IsValue(partner)) return false;
      partner = value;
    }
    bool matched = false;
    for (uint32_t row = LiveShape::BeginOf(shape.left_ends, g); row < shape.left_ends[g]; ++row) {
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

bool LiveRule::RunBest(const LivePlan::Node& node, const LiveShape& shape, LiveValues& values,
                       std::vector<double>& out) const {
  const std::vector<double>& in = values.nodes[node.inputs[0]];
  const double k = values.nodes[node.inputs[1]][0];
  std::ranges::fill(out, StaleMarker());
  values.order.clear();
  for (size_t g = 0; g < shape.left_ends.size(); ++g) {
    values.ranked.clear();
    for (uint32_t i = LiveShape::BeginOf(shape.left_ends, g); i < shape.left_ends[g]; ++i) {
      const uint32_t row = shape.left[i];
      if (IsValue(in[row])) values.ranked.push_back({in[row], row});
    }
    StatusOr<size_t> kept = promql::Rank(As<promql::Aggregate>(*node.node)->op, k, values.ranked);
    if (!kept.ok()) return false;
    for (size_t i = 0; i < *kept; ++i) {
      const size_t row = values.ranked[i].row;
      out[row] = in[row];
      values.order.push_back(row);
    }
  }
  return true;
}

void LiveRule::RunSet(const LivePlan::Node& node, const LiveShape& shape,
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
    const uint32_t left_begin = LiveShape::BeginOf(shape.left_ends, g),
                   left_end = shape.left_ends[g];
    const uint32_t right_begin = LiveShape::BeginOf(shape.right_ends, g),
                   right_end = shape.right_ends[g];
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
