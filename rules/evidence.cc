#include "rules/evidence.h"

#include <algorithm>

namespace forewarn {
namespace {

Matchers ScopeMatchers(const std::string& customer, const std::string& installation,
                       const std::string& probe) {
  Matchers scope = {Matcher::Equal("customer", customer),
                    Matcher::Equal("installation", installation)};
  if (!probe.empty()) scope.push_back(Matcher::Equal("probe", probe));
  return scope;
}

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

StatusOr<const std::vector<Evidence::LiveSeries>*> Evidence::Live(size_t root, Timestamp at) {
  auto [it, is_new] = live_.try_emplace({root, at});
  if (is_new) {
    StatusOr<std::vector<SeriesData>> selected =
        source_.Select(roots_[root], at - lookback_, at, limits_);
    if (!selected.ok()) {
      live_.erase(it);
      return selected.status();
    }
    for (SeriesData& series : *selected) {
      if (!series.samples.empty() && !IsStale(series.samples.back().value)) {
        it->second.push_back({std::move(series.labels), series.samples.back().at});
      }
    }
  }
  return &it->second;
}

StatusOr<Evidence::Basis> Evidence::BasisOf(const Labels& result, Timestamp at) {
  Basis basis;
  for (size_t root = 0; root < roots_.size(); ++root) {
    FW_ASSIGN_OR_RETURN(const std::vector<LiveSeries>* live, Live(root, at));
    for (const LiveSeries& series : *live) {
      if (!BearsOn(series.labels, result)) continue;
      basis.has_series = true;
      std::string_view probe = series.labels.Get("probe");
      if (!probe.empty()) basis.probes.emplace(probe);
    }
  }
  return basis;
}

StatusOr<Evidence::Since> Evidence::Compare(const Labels& result, Timestamp then, Timestamp now) {
  auto bears = [&](const LiveSeries& series) { return BearsOn(series.labels, result); };
  auto is_news = [&](const LiveSeries& series) { return bears(series) && series.last > then; };
  Since worst = Since::kNews;
  for (size_t root = 0; root < roots_.size(); ++root) {
    FW_ASSIGN_OR_RETURN(const std::vector<LiveSeries>* live_now, Live(root, now));
    if (std::ranges::any_of(*live_now, is_news)) continue;
    if (std::ranges::any_of(*live_now, bears)) {
      worst = Since::kNoNews;
      continue;
    }
    FW_ASSIGN_OR_RETURN(const std::vector<LiveSeries>* live_then, Live(root, then));
    if (std::ranges::any_of(*live_then, bears)) return Since::kGone;
  }
  return worst;
}

}  // namespace forewarn
