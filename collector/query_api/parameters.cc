#include "collector/query_api/parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/units.h"

namespace forewarn {
namespace {

constexpr size_t kMost = 1000;
// Years 1 to 9999: within, times with all offsets fit 64-bit milliseconds.
constexpr double kFarthestSeconds = 253'402'300'800.0;
constexpr double kLongestSeconds = 100.0 * 365 * 24 * 3600;

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<double> Number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Halves go away from zero, as in Prometheus.
int64_t MillisOf(double seconds) { return std::llround(seconds * 1000); }

std::string Shown(std::string_view text) { return std::string(text.substr(0, 100)); }

}  // namespace

StatusOr<std::string> Unescape(std::string_view text, bool in_path) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && !in_path) {
      plain += ' ';
    } else if (text[i] != '%') {
      plain += text[i];
    } else {
      std::optional<int> high, low;
      if (i + 2 < text.size()) {
        high = HexDigit(text[i + 1]);
        low = HexDigit(text[i + 2]);
      }
      if (!high || !low) {
        return InvalidArgument(
            fmt::format("'{}' is no escape; two hexadecimal digits follow a %, which itself is "
                        "written %25",
                        Shown(text.substr(i, 3))));
      }
      plain += static_cast<char>(*high * 16 + *low);
      i += 2;
    }
  }
  return plain;
}

StatusOr<Parameters> Parameters::Read(std::string_view query, std::string_view form) {
  Parameters parameters;
  FW_RETURN_IF_ERROR(parameters.Add(form));
  FW_RETURN_IF_ERROR(parameters.Add(query));
  return parameters;
}

Status Parameters::Add(std::string_view form) {
  size_t count = 0;
  while (!form.empty()) {
    size_t end = std::min(form.find('&'), form.size());
    std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    if (pair.empty()) continue;
    if (++count > kMost) {
      return InvalidArgument(fmt::format("more than {} parameters in one request", kMost));
    }
    size_t mark = std::min(pair.find('='), pair.size());
    FW_ASSIGN_OR_RETURN(std::string name, Unescape(pair.substr(0, mark), false));
    std::string_view rest = pair.substr(std::min(mark + 1, pair.size()));
    FW_ASSIGN_OR_RETURN(std::string value, Unescape(rest, false));
    values_[std::move(name)].push_back(std::move(value));
  }
  return OkStatus();
}

std::string_view Parameters::Get(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : found->second.front();
}

std::vector<std::string> Parameters::All(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

StatusOr<Timestamp> Parameters::Time(std::string_view name, Timestamp otherwise) const {
  std::string_view text = Get(name);
  if (text.empty()) return otherwise;
  if (std::optional<double> seconds = Number(text)) {
    if (std::abs(*seconds) < kFarthestSeconds) return FromMillis(MillisOf(*seconds));
  } else if (StatusOr<Timestamp> at = ParseTime(text); at.ok()) {
    return at;
  }
  return InvalidArgument(fmt::format(
      "{}: '{}' is no time; write seconds since 1970, such as 1780000000.5, or RFC 3339, "
      "such as 2026-05-28T20:26:40Z",
      name, Shown(text)));
}

StatusOr<std::optional<Duration>> Parameters::Length(std::string_view name) const {
  std::string_view text = Get(name);
  if (text.empty()) return std::optional<Duration>();
  if (std::optional<double> seconds = Number(text)) {
    if (std::abs(*seconds) < kLongestSeconds) {
      return std::optional<Duration>(Duration(MillisOf(*seconds)));
    }
  } else if (StatusOr<Duration> length = ParseDuration(text); length.ok()) {
    return std::optional<Duration>(*length);
  }
  return InvalidArgument(fmt::format(
      "{}: '{}' is no duration; write seconds, such as 15, or with units, such as 1m30s", name,
      Shown(text)));
}

}  // namespace forewarn
