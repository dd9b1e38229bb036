#include "probe/reading.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/utf8.h"

namespace forewarn {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t length = Utf8Length(text);
    out.append(length > 0 ? text.substr(0, length) : "\xef\xbf\xbd");
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

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
