#include "rules/evidence.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "rules/scope_matchers.h"

namespace forewarn {
namespace {

// Of so many series the values of labels are counted, to find the label that tells them apart.
constexpr size_t kLookedAt = 256;
// What it costs to look at a series, in samples touched.
constexpr uint64_t kLookOperations = 10;

bool BearsOn(const Labels& series, const Labels& result) {
  return std::ranges::all_of(series, [&](const Labels::View& label) {
    if (label.first == kMetricName) return true;
    std::string_view value = result.Get(label.first);
    return value.empty() || value == label.second;
  });
}

}  // namespace

ScopedSource::ScopedSource(const SeriesSource& source, const std::string& customer,
                           const std::string& installation, const std::string& probe)
    : source_(source), scope_(ScopeMatchers(customer, installation, probe)) {}

StatusOr<std::vector<SeriesData>> ScopedSource::Select(const Matchers& matchers, Timestamp from,
                                                       Timestamp to,
                                                       const SelectLimits& limits) const {
  Matchers all = matchers;
  all.insert(all.end(), scope_.begin(), scope_.end());
  return source_.Select(all, from, to, limits);
}

StatusOr<Evidence::LiveSet*> Evidence::Live(size_t root, Timestamp at) {
  auto [it, is_new] = live_.try_emplace({root, at});
  if (!is_new) return &it->second;
  StatusOr<std::vector<SeriesData>> selected =
      source_.Select(roots_[root], at - lookback_, at, limits_);
  Status status = selected.ok() ? budget_.ChargeSeries(selected->size()) : selected.status();
  if (!status.ok()) {
    live_.erase(it);
    return status;
  }
  LiveSet& live = it->second;
  for (SeriesData& series : *selected) {
    if (!series.samples.empty() && !IsStale(series.samples.back().value)) {
      live.series.push_back({std::move(series.labels), series.samples.back().at});
    }
  }
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> seen;
  const size_t stride = live.series.size() / kLookedAt + 1;
  for (size_t i = 0; i < live.series.size(); i += stride) {
    for (const auto& [name, value] : live.series[i].labels) {
      seen[std::string(name)].emplace(value);
    }
  }
  for (const auto& [name, values] : seen) live.values[name] = values.size();
  return &live;
}

template <typename IsWanted>
StatusOr<bool> Evidence::AnyThatBears(LiveSet& live, const Labels& result,
                                      const IsWanted& is_wanted) {
  std::string_view best;
  size_t most = 1;
  for (const auto& [name, value] : result) {
    auto values = name == kMetricName ? live.values.end() : live.values.find(name);
    if (values == live.values.end() || values->second <= most) continue;
    best = name;
    most = values->second;
  }
  auto look = [&](uint32_t i) {
    return BearsOn(live.series[i].labels, result) && is_wanted(live.series[i]);
  };
  if (best.empty()) {
    FW_RETURN_IF_ERROR(budget_.Charge(live.series.size() * kLookOperations));
    for (uint32_t i = 0; i < live.series.size(); ++i) {
      if (look(i)) return true;
    }
    return false;
  }
  auto [index, is_new] = live.by_label.try_emplace(std::string(best));
  if (is_new) {
    if (Status paid = budget_.ChargeRows(live.series.size(), 1); !paid.ok()) {
      live.by_label.erase(index);
      return paid;
    }
    for (uint32_t i = 0; i < live.series.size(); ++i) {
      index->second[std::string(live.series[i].labels.Get(best))].push_back(i);
    }
  }
  for (std::string_view value : {result.Get(best), std::string_view()}) {
    auto those = index->second.find(value);
    if (those == index->second.end()) continue;
    FW_RETURN_IF_ERROR(budget_.Charge(those->second.size() * kLookOperations));
    if (std::ranges::any_of(those->second, look)) return true;
  }
  return false;
}

StatusOr<Evidence::Basis> Evidence::BasisOf(const Labels& result, Timestamp at) {
  Basis basis;
  for (size_t root = 0; root < roots_.size(); ++root) {
    FW_ASSIGN_OR_RETURN(LiveSet * live, Live(root, at));
    auto note = [&](const LiveSeries& series) {
      basis.has_series = true;
      std::string_view probe = series.labels.Get("probe");
      if (!probe.empty()) basis.probes.emplace(probe);
      return false;  // all of them
    };
    FW_RETURN_IF_ERROR(AnyThatBears(*live, result, note).status());
  }
  return basis;
}

StatusOr<Evidence::Since> Evidence::Compare(const Labels& result, Timestamp then, Timestamp now) {
  auto any = [](const LiveSeries&) { return true; };
  auto is_news = [&](const LiveSeries& series) { return series.last > then; };
  Since worst = Since::kNews;
  for (size_t root = 0; root < roots_.size(); ++root) {
    FW_ASSIGN_OR_RETURN(LiveSet * live_now, Live(root, now));
    FW_ASSIGN_OR_RETURN(const bool has_news, AnyThatBears(*live_now, result, is_news));
    if (has_news) continue;
    FW_ASSIGN_OR_RETURN(const bool is_live, AnyThatBears(*live_now, result, any));
    if (is_live) {
      worst = Since::kNoNews;
      continue;
    }
    FW_ASSIGN_OR_RETURN(LiveSet * live_then, Live(root, then));
    FW_ASSIGN_OR_RETURN(const bool was_live, AnyThatBears(*live_then, result, any));
    if (was_live) return Since::kGone;
  }
  return worst;
}

}  // namespace forewarn
