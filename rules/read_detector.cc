#include "rules/read_detector.h"

#include <fmt/format.h>

#include "model/labels.h"
#include "rules/promql/ast.h"

namespace forewarn {
namespace {

constexpr std::string_view kDetectorKeys[] = {"record", "forecast"};
constexpr std::string_view kForecastKeys[] = {"series", "reaches", "min_history", "block"};

void ReadForecast(const RuleField& field, RuleReader& reader, DetectorSpec& detector) {
  bool has_series = false;
  for (const RuleField& item : reader.Fields(*field.value, "'forecast'", kForecastKeys)) {
    if (item.key == "series") {
      has_series = true;
      detector.selector_text = reader.Text(item);
      std::optional<promql::Expression> expression = reader.ReadExpression(item);
      if (!expression) continue;
      const auto* selector = promql::As<promql::Selector>(expression->root());
      if (selector == nullptr || selector->range != Duration(0) ||
          selector->shift != promql::Shift()) {
        reader.Add(*item.value, "'series' must select series by name and labels, nothing else");
      } else {
        detector.selector = selector->matchers;
      }
    } else if (item.key == "reaches") {
      detector.forecast.reaches = reader.ReadNumber(item);
    } else {
      const size_t mistakes_before = reader.mistakes().size();
      Duration duration = reader.ReadDuration(item);
      if (duration <= Duration(0) && reader.mistakes().size() == mistakes_before) {
        reader.Add(*item.value, fmt::format("'{}' must be longer than 0s", item.key));
      }
      (item.key == "block" ? detector.forecast.block : detector.forecast.min_history) = duration;
    }
  }
  if (field.value->is_map() && !has_series) {
    reader.Add(*field.value, "'series' must be set in a forecast");
  }
}

}  // namespace

std::optional<DetectorSpec> ReadDetector(const RuleYaml& node, RuleReader& reader,
                                         RecordedNames& names) {
  size_t mistakes_before = reader.mistakes().size();
  DetectorSpec detector;
  bool has_kind = false;
  for (const RuleField& field : reader.Fields(node, "the detector", kDetectorKeys)) {
    if (field.key == "record") {
      detector.record = reader.Text(field);
      if (!IsMetricName(detector.record)) {
        reader.Add(*field.value,
                   fmt::format("invalid name of a recorded series: '{}'", detector.record));
      } else if (!names.AddDetector(reader.At(field.value->place, ""), detector.record)) {
        reader.Add(*field.value,
                   fmt::format("another detector records '{}' already", detector.record));
      }
    } else {
      has_kind = true;
      ReadForecast(field, reader, detector);
    }
  }
  if (node.is_map() && detector.record.empty()) reader.Add(node, "the detector has no 'record'");
  if (node.is_map() && !has_kind)
    reader.Add(node, "the detector has no kind; 'forecast' is the one there is");
  if (reader.mistakes().size() != mistakes_before) return std::nullopt;
  return detector;
}

}  // namespace forewarn
