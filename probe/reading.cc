#include "probe/reading.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/utf8.h"

namespace forewarn {

SeriesName MakeSeriesName(std::string_view name, std::vector<LabelView> labels) {
  labels.emplace_back(kMetricName, name);
  std::sort(labels.begin(), labels.end());
  Encoder out;
  for (const LabelView& label : labels) {
    if (label.second.empty()) continue;
    out.Bytes(label.first);
    if (IsAscii(label.second)) {
      out.Bytes(label.second);
    } else {
      out.Bytes(ValidUtf8(label.second));
    }
  }
  return out.Take();
}

SeriesName MakeSeriesName(std::string_view name, std::initializer_list<LabelView> labels) {
  return MakeSeriesName(name, std::vector<LabelView>(labels));
}

bool SplitSeriesName(std::string_view series, std::vector<std::string_view>& out) {
  out.clear();
  Decoder in(series);
  while (!in.done()) out.push_back(in.Bytes());
  return !in.failed() && !out.empty() && out.size() % 2 == 0;
}

std::string SeriesText(std::string_view series) {
  std::vector<std::string_view> parts;
  if (!SplitSeriesName(series, parts)) return "?";
  std::vector<Labels::Pair> pairs;
  for (size_t i = 0; i < parts.size(); i += 2) pairs.emplace_back(parts[i], parts[i + 1]);
  return Labels(std::move(pairs)).ToString();
}

}  // namespace forewarn
