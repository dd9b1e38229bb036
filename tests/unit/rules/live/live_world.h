#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/evidence.h"
#include "rules/live/live_rules.h"
#include "rules/rule_file.h"
#include "tests/unit/rules/fake_source.h"

namespace forewarn {

inline constexpr Duration kLookback = 5min;
inline constexpr Duration kStep = 15s;
inline const Timestamp kStart = FromMillis(1'772'409'600'000);

inline std::string Show(const promql::Vector& vector) {
  std::string text;
  for (const promql::VectorSample& sample : vector) {
    text += fmt::format("{} {:.17g}\n", sample.labels.ToString(), sample.value);
  }
  return text;
}

inline bool Same(const promql::Vector& a, const promql::Vector& b) {
  return std::ranges::equal(a, b, [](const promql::VectorSample& x, const promql::VectorSample& y) {
    return x.labels == y.labels && x.at == y.at &&
           (std::bit_cast<uint64_t>(x.value) == std::bit_cast<uint64_t>(y.value) ||
            (std::isnan(x.value) && std::isnan(y.value)));
  });
}

// Rules over one probe whose series come, go, end, are late and are reset, as drawn from a seed.
class LiveWorld {
 public:
  LiveWorld(const std::vector<std::string>& expressions, unsigned seed, std::string_view more = "")
      : random_(seed) {
    std::string yaml = fmt::format("groups:\n- name: g\n{}  rules:\n", more);
    for (size_t i = 0; i < expressions.size(); ++i) {
      yaml += fmt::format("  - record: r{}\n    expr: '{}'\n", i, expressions[i]);
    }
    const std::vector<BundleFile> texts = {{"r.yaml", yaml}};
    RuleFiles files = ParseRuleFiles(texts);
    for (const RuleMistake& mistake : files.mistakes) ADD_FAILURE() << mistake.ToString();
    groups_ = PrepareRules(std::move(files.groups), {});
    PlanRules(groups_);
    live_.SetRules(std::make_shared<LiveTable>(groups_));
    stream_.customer = "acme";
    stream_.installation = "plant";
    stream_.probe = "p1";
    for (const char* name : {"a", "b", "c"}) {
      for (const char* instance : {"i1", "i2", "i3"}) {
        for (const char* mode : {"x", "y"}) {
          series_.push_back({Named({{"__name__", name}, {"instance", instance}, {"mode", mode}})});
        }
      }
    }
    for (const char* instance : {"i1", "i2", "i3"}) {
      for (const char* version : {"1", "2"}) {
        series_.push_back(
            {Named({{"__name__", "info"}, {"instance", instance}, {"version", version}})});
      }
    }
    series_.push_back({Named({{"__name__", "a"}, {"instance", "i9"}})});
    for (const char* le : {"0.1", "1", "5", "+Inf", "much"}) {
      for (const char* instance : {"i1", "i2"}) {
        series_.push_back({Named({{"__name__", "h"}, {"instance", instance}, {"le", le}})});
      }
    }
  }

  // The next round: one entry with what came, then all rules.
  void Round() {
    now_ += kStep;
    for (Series& series : series_) Collect(series);
    std::vector<std::pair<Labels, Sample>> held;
    for (auto& [labels, sample] : late_) {
      if (random_() % 4 == 0)
        source_.Write(labels, sample);
      else
        held.emplace_back(labels, sample);
    }
    late_ = std::move(held);
    live_.Begin(&applied_);
    Check(now_);
    live_.End();
    source_.Begin();
  }

  void Check(Timestamp at) {
    const ScopedSource scoped(source_, stream_.customer, stream_.installation, stream_.probe);
    for (const PreparedGroup& group : groups_) {
      for (const PreparedRule& rule : group.rules) {
        std::optional<promql::Vector> live = live_.Evaluate(group, rule, stream_, at, kLookback);
        if (!live) continue;
        StatusOr<promql::Value> value =
            promql::EvaluateAt(rule.rule.expression, scoped, at - group.query_offset, {});
        const std::string text = rule.rule.expression.ToString();
        ASSERT_TRUE(value.ok()) << text << ": " << value.status().message();
        const auto& general = std::get<promql::Vector>(*value);
        ASSERT_TRUE(Same(*live, general)) << text << " at " << (at - kStart) / 1s << "\nlive:\n"
                                          << Show(*live) << "general:\n"
                                          << Show(general);
        not_empty += !general.empty();
      }
    }
  }

  static Labels Named(Labels labels) {
    labels.Set("customer", "acme");
    labels.Set("installation", "plant");
    labels.Set("probe", "p1");
    return labels;
  }

  size_t not_empty = 0;
  FakeSource source_;
  const Applied applied_{source_.taken, source_.named};
  LiveRules live_{&source_, {}};
  std::vector<PreparedGroup> groups_;
  Stream stream_;
  Timestamp now_ = kStart;

 private:
  struct Series {
    Labels labels;
    double value = 0;
    bool is_there = false;
  };

  void Collect(Series& series) {
    const bool is_counter = series.labels.name() == "c" || series.labels.name() == "h";
    if (!series.is_there) {
      if (random_() % 12 != 0) return;
      series.is_there = true;
      series.value = static_cast<double>(random_() % 10);
    } else if (random_() % 150 == 0) {
      series.is_there = false;
      if (random_() % 2 == 0) source_.Write(series.labels, {now_, StaleMarker()});
      return;
    }
    if (random_() % 20 == 0) return;  // one is missing
    if (is_counter) series.value += static_cast<double>(random_() % 5) / 4;
    if (is_counter && random_() % 30 == 0) series.value = 0;
    if (!is_counter) series.value += static_cast<double>(random_() % 7) - 3;
    double value = series.value;
    if (!is_counter && random_() % 200 == 0) value = std::numeric_limits<double>::quiet_NaN();
    if (!is_counter && random_() % 300 == 0) value = std::numeric_limits<double>::infinity();
    if (series.labels.name() == "info") value = 1;
    const Sample sample{now_ - (random_() % 3) * 1s, value};
    if (random_() % 15 == 0) {
      late_.emplace_back(series.labels, sample);
    } else {
      source_.Write(series.labels, sample);
    }
    // A probe's clock that is a little ahead.
    if (random_() % 40 == 0) source_.Write(series.labels, {now_ + 4s, value});
  }

  std::mt19937 random_;
  std::vector<Series> series_;
  std::vector<std::pair<Labels, Sample>> late_;
};

}  // namespace forewarn
