#include "rules/unit_test_text.h"

#include <fmt/format.h>

#include "model/labels.h"
#include "rules/promql/number.h"

namespace forewarn {
namespace {

template <typename Pairs>
std::string DescribePairs(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{}={}", name, QuoteLabelValue(value));
  }
  return "{" + text + "}";
}

// `2.5E-01`, `+Inf`.
std::string DescribeNumber(double value) {
  std::string text = promql::FormatScientific(value);
  if (size_t at = text.find('e'); at != std::string::npos) text[at] = 'E';
  return text;
}

}  // namespace

std::string Describe(std::span<const ExpectedSample> samples) {
  if (samples.empty()) return "nil";
  std::string text;
  for (const ExpectedSample& sample : samples) {
    if (!text.empty()) text += ", ";
    text += DescribePairs(sample.labels) + " " + DescribeNumber(sample.value);
  }
  return text;
}

std::string Describe(std::span<const ExpectedAlert> alerts) {
  if (alerts.empty()) return "[]";
  std::string text = "[";
  for (size_t i = 0; i < alerts.size(); ++i) {
    text += fmt::format("{}\n{}:\n  Labels:{}\n  Annotations:{}", i == 0 ? "" : ",", i,
                        DescribePairs(alerts[i].labels), DescribePairs(alerts[i].annotations));
  }
  return text + "\n]";
}

std::string Indented(std::string_view lines, size_t spaces) {
  std::string text;
  for (char c : lines) {
    text += c;
    if (c == '\n') text.append(spaces, ' ');
  }
  return text;
}

}  // namespace forewarn
