#include "collector/doors/otlp_names.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "base/utf8.h"
#include "forewarn/foreign/otlp.pb.h"

namespace forewarn {
namespace {

using foreign::otlp::AnyValue;
using Words = std::pair<std::string_view, std::string_view>;

constexpr std::array<Words, 31> kUnits = {{
    {"d", "days"},          {"h", "hours"},         {"min", "minutes"},    {"s", "seconds"},
    {"ms", "milliseconds"}, {"us", "microseconds"}, {"ns", "nanoseconds"}, {"By", "bytes"},
    {"KiBy", "kibibytes"},  {"MiBy", "mebibytes"},  {"GiBy", "gibibytes"}, {"TiBy", "tibibytes"},
    {"KBy", "kilobytes"},   {"MBy", "megabytes"},   {"GBy", "gigabytes"},  {"TBy", "terabytes"},
    {"m", "meters"},        {"V", "volts"},         {"A", "amperes"},      {"J", "joules"},
    {"W", "watts"},         {"g", "grams"},         {"Cel", "celsius"},    {"Hz", "hertz"},
    {"%", "percent"},       {"bit", "bits"},        {"KB", "kilobytes"},   {"MB", "megabytes"},
    {"GB", "gigabytes"},    {"TB", "terabytes"},    {"B", "bytes"},
}};
constexpr std::array<Words, 7> kPer = {{{"s", "second"},
                                        {"m", "minute"},
                                        {"h", "hour"},
                                        {"d", "day"},
                                        {"w", "week"},
                                        {"mo", "month"},
                                        {"y", "year"}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameByte(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Runs of what a name may not hold become one `_`; none at either end.
std::string Cleaned(std::string_view text, bool keep_colon) {
  std::string out;
  for (char c : text) {
    if (IsNameByte(c) || (keep_colon && c == ':')) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != '_') {
      out.push_back('_');
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

template <size_t n>
std::string InWords(std::string_view unit, const std::array<Words, n>& known) {
  for (const auto& [from, to] : known) {
    if (unit == from) return std::string(to);
  }
  return Cleaned(unit, false);
}

// `{packet}` is a remark and no unit.
std::string WithoutRemarks(std::string_view unit) {
  std::string out;
  bool in_remark = false;
  for (char c : unit) {
    if (c == '{') in_remark = true;
    if (!in_remark && c != ' ') out.push_back(c);
    if (c == '}') in_remark = false;
  }
  return out;
}

void AddSuffix(std::string_view suffix, std::string& name) {
  if (suffix.empty()) return;
  std::string whole = "_" + std::string(suffix);
  if (!name.ends_with(whole)) name += whole;
}

void AppendJson(const AnyValue& value, int depth, std::string& out);

void AppendQuoted(std::string_view text, std::string& out) {
  out.push_back('"');
  for (char c : ValidUtf8(text)) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    size_t have = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) {
      three = three << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      out.push_back(j <= have ? kDigits[three >> (18 - 6 * j) & 63] : '=');
    }
  }
  return out;
}

// protobuf's parser bounds the depth of what was sent, and this one that of what is said again.
constexpr int kMaxDepth = 32;

void AppendJson(const AnyValue& value, int depth, std::string& out) {
  if (depth > kMaxDepth) {
    out += "null";
    return;
  }
  switch (value.value_case()) {
    case AnyValue::kStringValue: return AppendQuoted(value.string_value(), out);
    case AnyValue::kBytesValue: return AppendQuoted(Base64(value.bytes_value()), out);
    case AnyValue::kArrayValue: {
      const char* between = "[";
      for (const AnyValue& element : value.array_value().values()) {
        out += std::exchange(between, ",");
        AppendJson(element, depth + 1, out);
      }
      out += *between == '[' ? "[]" : "]";
      return;
    }
    case AnyValue::kKvlistValue: {
      const char* between = "{";
      for (const auto& pair : value.kvlist_value().values()) {
        out += std::exchange(between, ",");
        AppendQuoted(pair.key(), out);
        out.push_back(':');
        AppendJson(pair.value(), depth + 1, out);
      }
      out += *between == '{' ? "{}" : "}";
      return;
    }
    case AnyValue::VALUE_NOT_SET: out += "null"; return;
    default: out += OtlpText(value);
  }
}

}  // namespace

std::string OtlpMetricName(std::string_view name, std::string_view unit, OtlpKind kind) {
  std::string out = Cleaned(name, true);
  std::string plain = WithoutRemarks(unit);
  size_t slash = plain.find('/');
  std::string_view main = std::string_view(plain).substr(0, slash);
  bool only_grows = kind == OtlpKind::kCounter;
  // `_total` comes last, whether it was there before or not.
  if (only_grows && out.ends_with("_total")) out.resize(out.size() - 6);
  if (main == "1") {
    if (kind == OtlpKind::kGauge && slash == std::string::npos) AddSuffix("ratio", out);
  } else {
    AddSuffix(InWords(main, kUnits), out);
  }
  if (slash != std::string::npos) {
    std::string per = InWords(std::string_view(plain).substr(slash + 1), kPer);
    if (!per.empty()) AddSuffix("per_" + per, out);
  }
  if (only_grows) AddSuffix("total", out);
  if (!out.empty() && IsDigit(out[0])) out.insert(0, "_");
  return out;
}

std::string OtlpLabelName(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (char c : name) out.push_back(IsNameByte(c) || c == '_' ? c : '_');
  // Names that begin with two underscores are Prometheus' own.
  if (!out.empty() && (IsDigit(out[0]) || out.starts_with("__"))) out.insert(0, "key_");
  return out;
}

std::string OtlpText(const AnyValue& value) {
  switch (value.value_case()) {
    case AnyValue::kStringValue: return value.string_value();
    case AnyValue::kBoolValue: return value.bool_value() ? "true" : "false";
    case AnyValue::kIntValue: return std::to_string(value.int_value());
    case AnyValue::kDoubleValue: return OtlpNumber(value.double_value());
    case AnyValue::kBytesValue: return Base64(value.bytes_value());
    case AnyValue::VALUE_NOT_SET: return "";
    default: break;
  }
  std::string out;
  AppendJson(value, 0, out);
  return out;
}

void AddOtlpLabel(std::string_view name, std::string value, std::vector<Labels::Pair>& labels) {
  if (value.empty()) return;
  std::string label = OtlpLabelName(name);
  for (Labels::Pair& pair : labels) {
    if (pair.first != label) continue;
    pair.second += ";" + value;
    return;
  }
  labels.emplace_back(std::move(label), std::move(value));
}

std::string OtlpNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace forewarn
