#include "rules/promql/aggregate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rules/promql/number.h"

namespace forewarn::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Groups = std::map<Labels, std::vector<size_t>>;

// Running forms of avg and of the variance, as Prometheus has them, so that results agree to the
// last bit.
double Average(const std::vector<double>& values) {
  double mean = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    const double value = values[i];
    if (std::isinf(mean)) {
      // Infinities of one sign stay; a finite value does not change them.
      if (std::isinf(value) && (mean > 0) == (value > 0)) continue;
      if (std::isfinite(value)) continue;
    }
    const auto n = static_cast<double>(i + 1);
    mean += value / n - mean / n;
  }
  return mean;
}

double Variance(const std::vector<double>& values) {
  double mean = values[0];
  double squares = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    const double delta = values[i] - mean;
    mean += delta / static_cast<double>(i + 1);
    squares += delta * (values[i] - mean);
  }
  return squares / static_cast<double>(values.size());
}

// The extreme value; NaN only when there is nothing else.
template <typename Better>
double Extreme(const std::vector<double>& values, Better better) {
  double best = values[0];
  for (const double value : values) {
    if (better(value, best) || std::isnan(best)) best = value;
  }
  return best;
}

// Whether `a` comes before `b`: the largest (or smallest) first, NaN last.
bool RanksBefore(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return largest ? a > b : a < b;
}

StatusOr<Rows> SelectBest(const Aggregate& aggregate, const Column& parameter, Rows rows,
                          const Groups& groups) {
  Rows ordered;  // at the only step
  for (const auto& [labels, members] : groups) {
    for (size_t step = 0; step < parameter.size(); ++step) {
      std::vector<Ranked> ranked;
      for (const size_t i : members) {
        if (IsValue(rows[i].cells[step])) ranked.push_back({rows[i].cells[step], i});
      }
      FW_ASSIGN_OR_RETURN(const size_t kept, Rank(aggregate.op, parameter[step], ranked));
      for (size_t i = kept; i < ranked.size(); ++i) rows[ranked[i].row].cells[step] = StaleMarker();
      for (size_t i = 0; i < kept && parameter.size() == 1; ++i) {
        ordered.push_back(std::move(rows[ranked[i].row]));
      }
    }
  }
  if (parameter.size() == 1) return ordered;
  DropEmpty(rows);
  return rows;
}

// With `is_dropped` the counted values are no label of the result: a grouping without it takes it away
// again, and all of a group count together.
StatusOr<Rows> CountValues(std::string_view label, bool is_dropped, const Rows& rows,
                           const Groups& groups, Budget& budget) {
  if (!IsLabelName(label)) {
    return InvalidArgument(fmt::format("count_values: '{}' is not a label name", label));
  }
  const size_t steps = rows.empty() ? 0 : rows[0].cells.size();
  std::map<Labels, std::vector<double>> counts;
  for (const auto& [group, members] : groups) {
    for (const size_t i : members) {
      for (size_t step = 0; step < steps; ++step) {
        const double value = rows[i].cells[step];
        if (!IsValue(value)) continue;
        Labels labels = group;
        if (!is_dropped) labels.Set(label, FormatPlain(value));
        auto found = counts.find(labels);
        if (found == counts.end()) {
          FW_RETURN_IF_ERROR(budget.Charge(steps));
          FW_RETURN_IF_ERROR(budget.ChargeText(labels.bytes().size()));
          found = counts.try_emplace(std::move(labels), steps, StaleMarker()).first;
        }
        auto& cells = found->second;
        cells[step] = IsValue(cells[step]) ? cells[step] + 1 : 1;
      }
    }
  }
  Rows result;
  for (auto& [labels, cells] : counts) result.push_back(Row{labels, std::move(cells)});
  return result;
}

}  // namespace

Labels GroupLabels(const Aggregate& aggregate, const Labels& labels) {
  std::vector<Labels::View> kept;
  for (const Labels::View& label : labels) {
    const bool listed = Listed(aggregate.grouping, label.first);
    const bool dropped = aggregate.without ? listed || label.first == kMetricName : !listed;
    if (!dropped) kept.push_back(label);
  }
  return Labels::FromSorted(kept);
}

StatusOr<size_t> Rank(TokenKind op, double k, std::vector<Ranked>& rows) {
  // 2^63: what an integer of Prometheus holds.
  if (std::isnan(k) || k >= 9223372036854775808.0 || k < -9223372036854775808.0) {
    return InvalidArgument(fmt::format("the parameter of {}, {}, is no usable number of series",
                                       Spelling(op), FormatValue(k)));
  }
  std::ranges::stable_sort(rows, [&](const Ranked& a, const Ranked& b) {
    return RanksBefore(a.value, b.value, op == TokenKind::kTopk);
  });
  if (k < 1) return size_t{0};
  return k >= static_cast<double>(rows.size()) ? rows.size() : static_cast<size_t>(k);
}

double Summarize(TokenKind op, double parameter, const std::vector<double>& values) {
  switch (op) {
    case TokenKind::kSum: {
      double sum = values[0];
      for (size_t i = 1; i < values.size(); ++i) sum += values[i];
      return sum;
    }
    case TokenKind::kAvg: return Average(values);
    case TokenKind::kMin: return Extreme(values, std::less<>());
    case TokenKind::kMax: return Extreme(values, std::greater<>());
    case TokenKind::kCount: return static_cast<double>(values.size());
    case TokenKind::kGroup: return 1;
    case TokenKind::kStddev: return std::sqrt(Variance(values));
    case TokenKind::kStdvar: return Variance(values);
    case TokenKind::kQuantile: return Quantile(parameter, values);
    default: FW_CHECK(!"an aggregation to one value"); return 0;
  }
}

double Quantile(double q, std::vector<double> values) {
  if (values.empty() || std::isnan(q)) return kNaN;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  // NaN counts as the smallest.
  std::ranges::sort(values, [](double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    return a < b;
  });
  const auto last = static_cast<double>(values.size() - 1);
  const double rank = q * last;
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(last, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[static_cast<size_t>(lower)] * (1 - weight) +
         values[static_cast<size_t>(upper)] * weight;
}

StatusOr<Rows> AggregateRows(const Aggregate& aggregate, const Column& parameter,
                             std::string_view label, Rows rows, Budget& budget) {
  Groups groups;
  for (size_t i = 0; i < rows.size(); ++i) {
    Labels labels = rows[i].labels;
    // The counted value takes the place of a label of the same name before grouping.
    if (aggregate.op == TokenKind::kCountValues && IsLabelName(label)) labels.Remove(label);
    groups[GroupLabels(aggregate, labels)].push_back(i);
  }
  if (aggregate.op == TokenKind::kTopk || aggregate.op == TokenKind::kBottomk) {
    return SelectBest(aggregate, parameter, std::move(rows), groups);
  }
  if (aggregate.op == TokenKind::kCountValues) {
    bool is_dropped = aggregate.without && Listed(aggregate.grouping, label);
    return CountValues(label, is_dropped, rows, groups, budget);
  }

  const size_t steps = rows.empty() ? 0 : rows[0].cells.size();
  Rows result;
  std::vector<double> values;
  for (const auto& [labels, members] : groups) {
    Row row{labels, std::vector<double>(steps, StaleMarker())};
    for (size_t step = 0; step < steps; ++step) {
      values.clear();
      for (const size_t i : members) {
        if (IsValue(rows[i].cells[step])) values.push_back(rows[i].cells[step]);
      }
      if (values.empty()) continue;
      row.cells[step] = Summarize(aggregate.op, parameter.empty() ? 0 : parameter[step], values);
    }
    result.push_back(std::move(row));
  }
  DropEmpty(result);
  return result;
}

}  // namespace forewarn::promql
