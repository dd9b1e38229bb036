#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace forewarn::foreign::otlp {
class AnyValue;
class KeyValue;
}  // namespace forewarn::foreign::otlp

namespace forewarn {

// How OpenTelemetry's names become those of Prometheus, as its compatibility document says: what a
// name may not hold becomes one `_`, the unit is appended in words (`By` -> `_bytes`, `ms` ->
// `_milliseconds`, `By/s` -> `_bytes_per_second`), then `_total` to what only grows, and `_ratio` to
// a gauge of unit 1. A suffix that is there already is not repeated.
enum class OtlpKind { kGauge, kCounter, kOther };
std::string OtlpMetricName(std::string_view name, std::string_view unit, OtlpKind kind);

// An attribute's name as a label's: `http.method` -> `http_method`, `1st` -> `key_1st`.
std::string OtlpLabelName(std::string_view name);

// A value as text: strings as they are, numbers shortest, lists and maps as JSON, bytes in base64.
std::string OtlpText(const foreign::otlp::AnyValue& value);

// Adds an attribute to the labels of a series. An empty value is no label; two attributes that become
// one label have their values joined by `;`.
void AddOtlpLabel(std::string_view name, std::string value, std::vector<Labels::Pair>& labels);

// A number as Prometheus writes it in `le` and `quantile`: `0.5`, `10`, `+Inf`.
std::string OtlpNumber(double value);

}  // namespace forewarn
