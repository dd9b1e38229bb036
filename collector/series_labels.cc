#include "collector/series_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

// The payload's label under a name that the collector sets; as in Prometheus, once more for each
// one that is taken too.
std::string Exported(std::string name, const std::vector<Labels::Pair>& taken) {
  do {
    name.insert(0, "exported_");
  } while (
      std::ranges::any_of(taken, [&](const Labels::Pair& pair) { return pair.first == name; }));
  return name;
}

}  // namespace

StatusOr<Labels> ReadSeriesLabels(const v1::SeriesDefinition& in, int index,
                                  const std::vector<Labels::Pair>& identity,
                                  const LimitSettings& limits) {
  const std::string where = fmt::format("series[{}].labels", index);
  if (in.labels_size() % 2 != 0) {
    return InvalidArgument(
        fmt::format("{}: {} strings, but names and values come in pairs", where, in.labels_size()));
  }
  int64_t count = in.labels_size() / 2 + static_cast<int64_t>(identity.size());
  if (count > limits.labels_per_series) {
    return ResourceExhausted(
        fmt::format("{}: {}, above the limit of {}; drop labels at the source, or raise "
                    "limits.labels_per_series",
                    where, count, limits.labels_per_series));
  }
  std::vector<Labels::Pair> pairs;
  pairs.reserve(in.labels_size() / 2 + identity.size());
  bool named = false;
  for (int i = 0; i < in.labels_size(); i += 2) {
    const std::string& name = in.labels(i);
    const std::string& value = in.labels(i + 1);
    bool is_metric_name = name == kMetricName;
    named = named || is_metric_name;
    if (!IsLabelName(name)) {
      return InvalidArgument(fmt::format("{}: '{}' is not a label name ([a-zA-Z_][a-zA-Z0-9_]*)",
                                         where, name.substr(0, 100)));
    }
    if (std::cmp_greater(name.size(), limits.label_name_size)) {
      return ResourceExhausted(fmt::format(
          "{}: the name '{}…' has {} bytes, above the limit of {}; shorten it at the source, or "
          "raise "
          "limits.label_name_size",
          where, name.substr(0, 40), name.size(), limits.label_name_size));
    }
    if (value.empty()) {
      return InvalidArgument(fmt::format("{}: the value of '{}' is empty", where, name));
    }
    if (is_metric_name && !IsMetricName(value)) {
      return InvalidArgument(fmt::format("{}: '{}' is not a metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)",
                                         where, value.substr(0, 100)));
    }
    if (std::cmp_greater(value.size(), limits.label_value_size)) {
      return ResourceExhausted(
          fmt::format("{}: the value of '{}' has {} bytes, above the limit of {}; shorten it at "
                      "the source, or raise "
                      "limits.label_value_size",
                      where, name, value.size(), limits.label_value_size));
    }
    pairs.emplace_back(name, value);
  }
  if (!named) {
    return InvalidArgument(fmt::format("{}: a series needs a __name__", where));
  }
  std::ranges::sort(pairs);
  auto twice = std::ranges::adjacent_find(
      pairs, [](const Labels::Pair& a, const Labels::Pair& b) { return a.first == b.first; });
  if (twice != pairs.end()) {
    return InvalidArgument(fmt::format("{}: the name '{}' is given twice", where, twice->first));
  }
  for (const Labels::Pair& ours : identity) {
    for (Labels::Pair& theirs : pairs) {
      if (theirs.first == ours.first) theirs.first = Exported(ours.first, pairs);
    }
  }
  pairs.insert(pairs.end(), identity.begin(), identity.end());
  return Labels(std::move(pairs));
}

}  // namespace forewarn
