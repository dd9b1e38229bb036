#include "collector/query_api/answer_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/utf8.h"
#include "rules/promql/number.h"

namespace forewarn {
namespace {

void AppendPoint(Timestamp at, double value, std::string& out) {
  out += '[';
  AppendTime(at, out);
  out += ',';
  AppendNumber(value, out);
  out += ']';
}

// Between elements.
void AppendComma(bool& is_first, std::string& out) {
  if (!is_first) out += ',';
  is_first = false;
}

bool AppendVector(const promql::Vector& vector, size_t longest, std::string& out) {
  bool is_first = true;
  for (const promql::VectorSample& sample : vector) {
    AppendComma(is_first, out);
    out += "{\"metric\":";
    AppendLabels(sample.labels, out);
    out += ",\"value\":";
    AppendPoint(sample.at, sample.value, out);
    out += '}';
    if (out.size() > longest) return false;
  }
  return true;
}

bool AppendMatrix(const promql::Matrix& matrix, size_t longest, std::string& out) {
  bool is_first = true;
  for (const SeriesData& series : matrix) {
    AppendComma(is_first, out);
    out += "{\"metric\":";
    AppendLabels(series.labels, out);
    out += ",\"values\":[";
    bool is_first_point = true;
    for (const Sample& sample : series.samples) {
      AppendComma(is_first_point, out);
      AppendPoint(sample.at, sample.value, out);
    }
    out += "]}";
    if (out.size() > longest) return false;
  }
  return true;
}

}  // namespace

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    auto c = static_cast<unsigned char>(text.front());
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else if (c < 0x80) {
      out += text.front();
    } else if (size_t length = Utf8Length(text); length > 0) {
      out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(1);
  }
  out += '"';
}

void AppendLabels(const Labels& labels, std::string& out) {
  out += '{';
  bool is_first = true;
  for (const auto& [name, value] : labels) {
    AppendComma(is_first, out);
    AppendString(name, out);
    out += ':';
    AppendString(value, out);
  }
  out += '}';
}

void AppendStrings(const std::vector<std::string>& texts, std::string& out) {
  out += '[';
  bool is_first = true;
  for (const std::string& text : texts) {
    AppendComma(is_first, out);
    AppendString(text, out);
  }
  out += ']';
}

void AppendTime(Timestamp at, std::string& out) {
  int64_t millis = ToMillis(at);
  if (millis < 0) out += '-';
  uint64_t distance =
      millis < 0 ? 0 - static_cast<uint64_t>(millis) : static_cast<uint64_t>(millis);
  fmt::format_to(std::back_inserter(out), "{}", distance / 1000);
  if (distance % 1000 != 0) fmt::format_to(std::back_inserter(out), ".{:03}", distance % 1000);
}

void AppendNumber(double value, std::string& out) {
  // Prometheus takes an exponent at the same places.
  double size = std::abs(value);
  bool is_plain = size == 0 || (size >= 1e-6 && size < 1e21);
  out += '"';
  out += is_plain ? promql::FormatPlain(value) : promql::FormatScientific(value);
  out += '"';
}

bool AppendValue(const promql::Value& value, size_t longest, std::string& out) {
  if (const auto* scalar = std::get_if<promql::Scalar>(&value)) {
    out += R"({"resultType":"scalar","result":)";
    AppendPoint(scalar->at, scalar->value, out);
  } else if (const auto* text = std::get_if<promql::Text>(&value)) {
    out += R"({"resultType":"string","result":[)";
    AppendTime(text->at, out);
    out += ',';
    AppendString(text->value, out);
    out += ']';
  } else if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    out += R"({"resultType":"vector","result":[)";
    if (!AppendVector(*vector, longest, out)) return false;
    out += ']';
  } else {
    out += R"({"resultType":"matrix","result":[)";
    if (!AppendMatrix(std::get<promql::Matrix>(value), longest, out)) return false;
    out += ']';
  }
  out += '}';
  return true;
}

std::string Success(std::string data) {
  data.insert(0, R"({"status":"success","data":)");
  data += '}';
  return data;
}

std::string Failed(std::string_view error_type, std::string_view message) {
  std::string out = R"({"status":"error","errorType":)";
  AppendString(error_type, out);
  out += ",\"error\":";
  AppendString(message, out);
  out += '}';
  return out;
}

}  // namespace forewarn
