#include "rules/promql/histogram.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace forewarn::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Sorted, each bound once, never falling.
void Tidy(std::vector<Bucket>& buckets) {
  std::ranges::stable_sort(buckets, {}, &Bucket::bound);
  std::vector<Bucket> tidy;
  for (const Bucket& bucket : buckets) {
    if (!tidy.empty() && tidy.back().bound == bucket.bound) {
      tidy.back().count += bucket.count;
    } else {
      tidy.push_back(bucket);
    }
  }
  for (size_t i = 1; i < tidy.size(); ++i)
    tidy[i].count = std::max(tidy[i - 1].count, tidy[i].count);
  buckets = std::move(tidy);
}

// The value of an `le` label.
std::optional<double> ParseBound(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double bound = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(bound))
    return std::nullopt;
  return bound;
}

}  // namespace

double BucketQuantile(double q, std::vector<Bucket> buckets) {
  if (std::isnan(q)) return kNaN;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  Tidy(buckets);
  if (buckets.size() < 2 || buckets.back().bound != kInfinity) return kNaN;
  const double observations = buckets.back().count;
  if (observations == 0 || std::isnan(observations)) return kNaN;

  double rank = q * observations;
  size_t b = 0;
  while (b < buckets.size() - 1 && !(buckets[b].count >= rank)) ++b;
  if (b == buckets.size() - 1) return buckets[b - 1].bound;
  if (b == 0 && buckets[0].bound <= 0) return buckets[0].bound;
  double start = 0;
  double count = buckets[b].count;
  if (b > 0) {
    start = buckets[b - 1].bound;
    count -= buckets[b - 1].count;
    rank -= buckets[b - 1].count;
  }
  return start + (buckets[b].bound - start) * (rank / count);
}

std::optional<double> TakeBound(Labels& labels) {
  const std::optional<double> bound = ParseBound(labels.Get("le"));
  labels = labels.WithoutName();
  labels.Remove("le");
  return bound;
}

StatusOr<Rows> HistogramQuantile(const Column& q, const Rows& rows) {
  std::map<Labels, std::vector<std::pair<double, const Row*>>> groups;
  for (const Row& row : rows) {
    Labels labels = row.labels;
    const std::optional<double> bound = TakeBound(labels);
    if (bound) groups[std::move(labels)].emplace_back(*bound, &row);
  }
  Rows result;
  for (const auto& [labels, members] : groups) {
    Row row{labels, std::vector<double>(q.size(), StaleMarker())};
    for (size_t step = 0; step < q.size(); ++step) {
      std::vector<Bucket> buckets;
      for (const auto& [bound, member] : members) {
        if (IsValue(member->cells[step])) buckets.push_back({bound, member->cells[step]});
      }
      if (!buckets.empty()) row.cells[step] = BucketQuantile(q[step], std::move(buckets));
    }
    result.push_back(std::move(row));
  }
  DropEmpty(result);
  return result;
}

}  // namespace forewarn::promql
