#include "rules/promql/rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace forewarn::promql {
namespace {

Status SameLabels(const Labels& labels) {
  return InvalidArgument(fmt::format(
      "two results have the same labels {}: what told them apart, such as the metric's name, "
      "is gone; keep it with by, on or label_replace",
      labels.ToString()));
}

}  // namespace

void DropEmpty(Rows& rows) {
  std::erase_if(rows, [](const Row& row) { return std::ranges::none_of(row.cells, IsValue); });
}

StatusOr<Rows> JoinEqual(Rows rows) {
  std::map<Labels, size_t> places;
  Rows joined;
  joined.reserve(rows.size());
  for (Row& row : rows) {
    const auto [place, is_new] = places.emplace(row.labels, joined.size());
    if (is_new) {
      joined.push_back(std::move(row));
      continue;
    }
    std::vector<double>& cells = joined[place->second].cells;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!IsValue(row.cells[i])) continue;
      if (IsValue(cells[i])) return SameLabels(row.labels);
      cells[i] = row.cells[i];
    }
  }
  return joined;
}

Status CheckDistinct(const Rows& rows) {
  std::set<Labels> seen;
  for (const Row& row : rows) {
    if (!seen.insert(row.labels).second) return SameLabels(row.labels);
  }
  return OkStatus();
}

}  // namespace forewarn::promql
