#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "model/series_source.h"
#include "rules/promql/number.h"
#include "rules/promql/promql.h"
#include "rules/series_notation.h"

namespace forewarn::promql {

// A source of series in promtool's notation, one a line, starting at the epoch.
class NotedSource : public SeriesSource {
 public:
  NotedSource(std::string_view lines, Duration interval) {
    while (!lines.empty()) {
      const size_t end = std::min(lines.find('\n'), lines.size());
      const std::string_view line = lines.substr(0, end);
      lines.remove_prefix(std::min(end + 1, lines.size()));
      if (line.find_first_not_of(' ') == std::string_view::npos) continue;
      const auto series = ParseSeries(line);
      EXPECT_TRUE(series.ok()) << line << ": " << series.status().ToString();
      if (series.ok()) series_.push_back(series->At(kTimeZero, interval));
    }
    std::ranges::sort(series_, {}, &SeriesData::labels);
  }

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override {
    ++selects;
    std::vector<SeriesData> found;
    for (const SeriesData& series : series_) {
      if (matchers.empty() || !MatchesAll(matchers, series.labels)) continue;
      SeriesData cut{series.labels, {}};
      for (const Sample& sample : series.samples) {
        if (sample.at >= from && sample.at <= to) cut.samples.push_back(sample);
      }
      if (!cut.samples.empty()) found.push_back(std::move(cut));
    }
    if (found.size() > limits.max_series) return ResourceExhausted("more than max_series series");
    return found;
  }

  mutable int selects = 0;

 private:
  std::vector<SeriesData> series_;
};

// The value of an instant query, a line for each series: `up{job="a"} 1`; or `error: …`.
inline std::string Show(const StatusOr<Value>& value) {
  if (!value.ok()) return "error: " + value.status().message();
  std::string out;
  const auto line = [&](const std::string& text) {
    if (!out.empty()) out += '\n';
    out += text;
  };
  if (const auto* scalar = std::get_if<Scalar>(&*value)) line(FormatValue(scalar->value));
  if (const auto* text = std::get_if<Text>(&*value)) line('"' + text->value + '"');
  if (const auto* vector = std::get_if<Vector>(&*value)) {
    for (const VectorSample& sample : *vector) {
      line(sample.labels.ToString() + ' ' + FormatValue(sample.value));
    }
  }
  if (const auto* matrix = std::get_if<Matrix>(&*value)) {
    for (const SeriesData& series : *matrix) {
      std::string samples;
      for (const Sample& sample : series.samples) {
        samples += fmt::format(" {}@{}", FormatValue(sample.value), ToMillis(sample.at) / 1000);
      }
      line(series.labels.ToString() + samples);
    }
  }
  return out;
}

inline std::string EvaluateText(std::string_view expression, const SeriesSource& source,
                                Duration at, const EvalLimits& limits = {}) {
  const auto parsed = Parse(expression);
  if (!parsed.ok()) return "error: " + parsed.status().message();
  return Show(EvaluateAt(*parsed, source, kTimeZero + at, limits));
}

}  // namespace forewarn::promql
