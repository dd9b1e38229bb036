#include "collector/series_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

using Views = std::vector<Labels::View>;

// For messages; made only when there is one.
std::string Where(int index) { return fmt::format("series[{}].labels", index); }

// The payload's label under a name that the collector sets; as in Prometheus, once more for each
// one that is taken too.
std::string Exported(std::string_view name, const Views& taken) {
  std::string exported(name);
  do {
    exported.insert(0, "exported_");
  } while (std::ranges::any_of(taken, [&](const auto& label) { return label.first == exported; }));
  return exported;
}

// How many labels there will be, with those of the identity; before one is looked up.
StatusOr<size_t> CountLabels(const v1::SeriesDefinition& definition, int index, size_t identity,
                             int64_t limit) {
  if (!definition.labels().empty() && !definition.label_refs().empty()) {
    return InvalidArgument(
        fmt::format("series[{}]: labels and label_refs; only one of them may be there", index));
  }
  const auto strings = static_cast<size_t>(definition.labels_size() + definition.label_refs_size());
  if (strings % 2 != 0) {
    return InvalidArgument(
        fmt::format("{}: {} strings, but names and values come in pairs", Where(index), strings));
  }
  const size_t count = strings / 2 + identity;
  if (std::cmp_greater(count, limit)) {
    return ResourceExhausted(
        fmt::format("{}: {}, above the limit of {}; drop labels at the source, or raise "
                    "limits.labels_per_series",
                    Where(index), count, limit));
  }
  return count;
}

// Names and values in turn, in either form.
Status ReadStrings(const v1::Batch& in, int index, std::vector<std::string_view>& strings) {
  const v1::SeriesDefinition& definition = in.series(index);
  if (definition.label_refs().empty()) {
    strings.assign(definition.labels().begin(), definition.labels().end());
    return OkStatus();
  }
  strings.reserve(static_cast<size_t>(definition.label_refs_size()));
  for (uint32_t ref : definition.label_refs()) {
    if (std::cmp_greater_equal(ref, in.label_strings_size())) {
      return InvalidArgument(
          fmt::format("series[{}].label_refs: {}, but there are {} label_strings", index, ref,
                      in.label_strings_size()));
    }
    strings.push_back(in.label_strings(static_cast<int>(ref)));
  }
  return OkStatus();
}

Status CheckLabel(std::string_view name, std::string_view value, int index,
                  const LimitSettings& limits) {
  if (!IsLabelName(name)) {
    return InvalidArgument(fmt::format("{}: '{}' is not a label name ([a-zA-Z_][a-zA-Z0-9_]*)",
                                       Where(index), name.substr(0, 100)));
  }
  if (std::cmp_greater(name.size(), limits.label_name_size)) {
    return ResourceExhausted(fmt::format(
        "{}: the name '{}…' has {} bytes, above the limit of {}; shorten it at the source, or "
        "raise limits.label_name_size",
        Where(index), name.substr(0, 40), name.size(), limits.label_name_size));
  }
  if (value.empty()) {
    return InvalidArgument(fmt::format("{}: the value of '{}' is empty", Where(index), name));
  }
  if (name == kMetricName && !IsMetricName(value)) {
    return InvalidArgument(fmt::format("{}: '{}' is not a metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)",
                                       Where(index), value.substr(0, 100)));
  }
  if (std::cmp_greater(value.size(), limits.label_value_size)) {
    return ResourceExhausted(
        fmt::format("{}: the value of '{}' has {} bytes, above the limit of {}; shorten it at the "
                    "source, or raise limits.label_value_size",
                    Where(index), name, value.size(), limits.label_value_size));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Labels> ReadSeriesLabels(const v1::Batch& in, int index,
                                  const std::vector<Labels::Pair>& identity,
                                  const LimitSettings& limits) {
  FW_ASSIGN_OR_RETURN(const size_t count, CountLabels(in.series(index), index, identity.size(),
                                                      limits.labels_per_series));
  std::vector<std::string_view> strings;
  FW_RETURN_IF_ERROR(ReadStrings(in, index, strings));
  Views payload;
  payload.reserve(count);
  bool named = false;
  for (size_t i = 0; i < strings.size(); i += 2) {
    FW_RETURN_IF_ERROR(CheckLabel(strings[i], strings[i + 1], index, limits));
    named = named || strings[i] == kMetricName;
    payload.emplace_back(strings[i], strings[i + 1]);
  }
  if (!named) return InvalidArgument(fmt::format("{}: a series needs a __name__", Where(index)));
  if (!std::ranges::is_sorted(payload)) std::ranges::sort(payload);
  auto twice = std::ranges::adjacent_find(
      payload, [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != payload.end()) {
    return InvalidArgument(
        fmt::format("{}: the name '{}' is given twice", Where(index), twice->first));
  }
  std::deque<std::string> exported;  // names that the payload does not have
  for (const Labels::Pair& ours : identity) {
    auto theirs = std::ranges::find(payload, ours.first, &Labels::View::first);
    if (theirs == payload.end()) continue;
    theirs->first = exported.emplace_back(Exported(ours.first, payload));
  }
  if (!exported.empty()) std::ranges::sort(payload);
  Views all(count);
  std::ranges::merge(payload, Views(identity.begin(), identity.end()), all.begin());
  return Labels::FromSorted(all);
}

}  // namespace forewarn
