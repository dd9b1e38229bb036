#include "rules/promql/binary.h"

#include <fmt/core.h>

#include <cmath>
#include <map>
#include <utility>

namespace forewarn::promql {
namespace {

// The rows of both sides that share a signature.
struct Group {
  std::vector<size_t> left;
  std::vector<size_t> right;
};

std::map<Labels, Group> GroupBySignature(const Matching& matching, const Rows& left,
                                         const Rows& right) {
  std::map<Labels, Group> groups;
  for (size_t i = 0; i < left.size(); ++i) {
    groups[Signature(left[i].labels, matching)].left.push_back(i);
  }
  for (size_t i = 0; i < right.size(); ++i) {
    groups[Signature(right[i].labels, matching)].right.push_back(i);
  }
  return groups;
}

size_t Steps(const Rows& a, const Rows& b) {
  return !a.empty() ? a[0].cells.size() : b.empty() ? 0 : b[0].cells.size();
}

// For each step, whether any of these rows has a value.
std::vector<bool> Presence(const Rows& rows, const std::vector<size_t>& which, size_t steps) {
  std::vector<bool> present(steps);
  for (const size_t i : which) {
    for (size_t step = 0; step < steps; ++step) {
      if (IsValue(rows[i].cells[step])) present[step] = true;
    }
  }
  return present;
}

Rows CombineSets(const Binary& binary, Rows left, Rows right) {
  const size_t steps = Steps(left, right);
  Rows result;
  for (const auto& [signature, group] : GroupBySignature(binary.matching, left, right)) {
    // Of a row, the cells at steps where the other side is present, or absent.
    const auto keep = [&](Row& row, const std::vector<bool>& other, bool when) {
      for (size_t step = 0; step < steps; ++step) {
        if (other[step] != when) row.cells[step] = StaleMarker();
      }
    };
    const std::vector<bool> in_left = Presence(left, group.left, steps);
    const std::vector<bool> in_right = Presence(right, group.right, steps);
    for (const size_t i : group.left) {
      if (binary.op != TokenKind::kOr) keep(left[i], in_right, binary.op == TokenKind::kAnd);
    }
    for (const size_t i : group.right) keep(right[i], in_left, false);
  }
  result = std::move(left);
  if (binary.op == TokenKind::kOr) {
    result.insert(result.end(), std::make_move_iterator(right.begin()),
                  std::make_move_iterator(right.end()));
  }
  DropEmpty(result);
  return result;
}

// Matches arithmetic and comparisons; `many` is the side that may repeat a signature.
class Join {
 public:
  Join(const Binary& binary, const Rows& many, const Rows& one, Budget& budget)
      : binary_(binary),
        swapped_(IsSwapped(binary)),
        many_(many),
        one_(one),
        steps_(Steps(many, one)),
        budget_(budget) {}

  StatusOr<Rows> Run() {
    std::vector<size_t> all(many_.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    const std::vector<bool> any = Presence(many_, all, steps_);
    for (const auto& [signature, group] : GroupBySignature(binary_.matching, many_, one_)) {
      FW_RETURN_IF_ERROR(MatchGroup(signature, group, any));
    }
    DropEmpty(result_);
    return std::move(result_);
  }

 private:
  Status MatchGroup(const Labels& signature, const Group& group, const std::vector<bool>& any) {
    constexpr size_t kNone = SIZE_MAX;
    for (size_t step = 0; step < steps_; ++step) {
      if (!any[step]) continue;
      size_t partner = kNone;
      for (const size_t i : group.right) {
        if (!IsValue(one_[i].cells[step])) continue;
        if (partner != kNone) return NotUnique(signature, one_[partner].labels, one_[i].labels);
        partner = i;
      }
      if (partner == kNone) continue;
      bool matched = false;
      for (const size_t i : group.left) {
        const double value = many_[i].cells[step];
        if (!IsValue(value)) continue;
        FW_RETURN_IF_ERROR(MatchPair(i, partner, step, matched));
      }
    }
    return OkStatus();
  }

  Status MatchPair(size_t many, size_t one, size_t step, bool& matched) {
    double left = many_[many].cells[step];
    double right = one_[one].cells[step];
    if (swapped_) std::swap(left, right);
    double value = Operate(binary_.op, left, right);
    if (IsComparison(binary_.op) && !binary_.returns_bool) {
      if (value == 0) return OkStatus();
      value = left;
    }
    const bool one_to_one = binary_.matching.cardinality == Cardinality::kOneToOne;
    if (one_to_one && matched) {
      return InvalidArgument(fmt::format(
          "several series on the left of '{}' match {} on the right; say group_left or group_right",
          Spelling(binary_.op), one_[one].labels.ToString()));
    }
    matched = true;
    FW_ASSIGN_OR_RETURN(const size_t place, Place(many, one));
    double& cell = result_[place].cells[step];
    if (IsValue(cell)) {
      return InvalidArgument(fmt::format(
          "several matches of '{}' give the same labels; the grouping labels must tell them apart",
          Spelling(binary_.op)));
    }
    cell = value;
    return OkStatus();
  }

  // Where the result of this pair goes; labels are worked out once a pair.
  StatusOr<size_t> Place(size_t many, size_t one) {
    const auto [place, is_new] = places_.emplace(std::pair(many, one), 0);
    if (!is_new) return place->second;
    Labels labels = ResultLabels(binary_, many_[many].labels, one_[one].labels);
    FW_RETURN_IF_ERROR(budget_.ChargeText(labels.bytes().size()));
    const auto [row, is_new_row] = rows_.emplace(labels, result_.size());
    if (is_new_row) {
      result_.push_back(Row{std::move(labels), std::vector<double>(steps_, StaleMarker())});
    }
    return place->second = row->second;
  }

  Status NotUnique(const Labels& signature, const Labels& a, const Labels& b) const {
    return InvalidArgument(fmt::format(
        "two series on the {} of '{}' match {}: {} and {}; labels must be unique on one side",
        swapped_ ? "left" : "right", Spelling(binary_.op), signature.ToString(), a.ToString(),
        b.ToString()));
  }

  const Binary& binary_;
  const bool swapped_;
  const Rows& many_;
  const Rows& one_;
  const size_t steps_;
  Budget& budget_;

  std::map<std::pair<size_t, size_t>, size_t> places_;
  std::map<Labels, size_t> rows_;
  Rows result_;
};

}  // namespace

bool DropsName(TokenKind op) {
  switch (op) {
    case TokenKind::kAdd:
    case TokenKind::kSub:
    case TokenKind::kMul:
    case TokenKind::kDiv:
    case TokenKind::kMod:
    case TokenKind::kPow: return true;
    default: return false;
  }
}

bool IsSwapped(const Binary& binary) {
  return binary.matching.cardinality == Cardinality::kOneToMany;
}

Labels Signature(const Labels& labels, const Matching& matching) {
  std::vector<Labels::View> kept;
  for (const Labels::View& label : labels) {
    const bool listed = Listed(matching.labels, label.first);
    if (matching.on ? listed : !listed && label.first != kMetricName) kept.push_back(label);
  }
  return Labels::FromSorted(kept);
}

Labels ResultLabels(const Binary& binary, const Labels& many, const Labels& one) {
  const Matching& matching = binary.matching;
  std::vector<Labels::View> kept;
  for (const Labels::View& label : many) {
    if (label.first == kMetricName && (DropsName(binary.op) || binary.returns_bool)) continue;
    if (matching.cardinality == Cardinality::kOneToOne &&
        Listed(matching.labels, label.first) != matching.on) {
      continue;
    }
    kept.push_back(label);
  }
  Labels labels = Labels::FromSorted(kept);
  for (const std::string& name : matching.include) labels.Set(name, one.Get(name));
  return labels;
}

double Operate(TokenKind op, double left, double right) {
  switch (op) {
    case TokenKind::kAdd: return left + right;
    case TokenKind::kSub: return left - right;
    case TokenKind::kMul: return left * right;
    case TokenKind::kDiv: return left / right;
    case TokenKind::kMod: return std::fmod(left, right);
    case TokenKind::kPow: return std::pow(left, right);
    case TokenKind::kAtan2: return std::atan2(left, right);
    case TokenKind::kEqual: return left == right;
    case TokenKind::kNotEqual: return left != right;
    case TokenKind::kLess: return left < right;
    case TokenKind::kLessEqual: return left <= right;
    case TokenKind::kGreater: return left > right;
    case TokenKind::kGreaterEqual: return left >= right;
    default: FW_CHECK(!"an operator on values"); return 0;
  }
}

Column CombineScalars(const Binary& binary, const Column& left, const Column& right) {
  Column result(left.size());
  for (size_t i = 0; i < left.size(); ++i) result[i] = Operate(binary.op, left[i], right[i]);
  return result;
}

StatusOr<Rows> CombineWithScalar(const Binary& binary, Rows vector, const Column& scalar,
                                 bool scalar_is_left) {
  const bool filters = IsComparison(binary.op) && !binary.returns_bool;
  for (Row& row : vector) {
    if (binary.returns_bool || DropsName(binary.op)) row.labels = row.labels.WithoutName();
    for (size_t i = 0; i < row.cells.size(); ++i) {
      double& cell = row.cells[i];
      if (!IsValue(cell)) continue;
      const double value = scalar_is_left ? Operate(binary.op, scalar[i], cell)
                                          : Operate(binary.op, cell, scalar[i]);
      if (!filters) {
        cell = value;
      } else if (value == 0) {
        cell = StaleMarker();
      }
    }
  }
  DropEmpty(vector);
  return JoinEqual(std::move(vector));
}

StatusOr<Rows> CombineVectors(const Binary& binary, Rows left, Rows right, Budget& budget) {
  if (IsSetOperator(binary.op)) return CombineSets(binary, std::move(left), std::move(right));
  if (left.empty() || right.empty()) return Rows{};
  const bool swapped = IsSwapped(binary);
  return Join(binary, swapped ? right : left, swapped ? left : right, budget).Run();
}

}  // namespace forewarn::promql
