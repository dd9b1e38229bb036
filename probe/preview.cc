#include "probe/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probe/bounds.h"
#include "probe/ledger.h"

namespace forewarn {
namespace {

// As Prometheus writes numbers.
std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// The readings carry no types; their names do, all but those that are the kernel's own.
std::string_view TypeOf(std::string_view metric) {
  if (metric.starts_with("node_vmstat_")) return "untyped";
  return metric.ends_with("_total") ? "counter" : "gauge";
}

std::string_view MetricName(std::string_view text) { return text.substr(0, text.find('{')); }

}  // namespace

std::string Preview(const std::vector<std::unique_ptr<Source>>& sources, const Redactor& redactor,
                    Timestamp at) {
  for (const std::unique_ptr<Source>& source : sources) source->Settle();
  Readings all(at);
  std::string errors;
  for (const std::unique_ptr<Source>& source : sources) {
    Status status = source->Read(all);
    all.Sample("node_scrape_collector_success", {{"collector", source->name()}}, status.ok());
    if (!status.ok())
      errors += fmt::format("# cannot read {}: {}\n", source->name(), OneLine(status.message()));
  }
  uint64_t kept_back = redactor.Apply(all.samples, all.reports);
  uint64_t too_large = ApplyBounds(all);

  std::vector<std::pair<std::string, double>> lines;
  for (const Reading& reading : all.samples)
    lines.emplace_back(SeriesText(reading.series), reading.value);
  // One metric's series lie together, as the format asks.
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return MetricName(a.first) < MetricName(b.first);
  });
  std::string text;
  std::string_view metric;
  for (const auto& [series, value] : lines) {
    if (MetricName(series) != metric) {
      metric = MetricName(series);
      text += fmt::format("# TYPE {} {}\n", metric, TypeOf(metric));
    }
    text += fmt::format("{} {}\n", series, Number(value));
  }
  text += ReportLines(all.reports, "# ");
  text += errors;
  if (kept_back > 0) text += fmt::format("# {} items are kept back by redaction\n", kept_back);
  if (too_large > 0) text += fmt::format("# {} samples are too large to be sent\n", too_large);
  return text;
}

}  // namespace forewarn
