#include "ctl/print.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/units.h"

namespace forewarn {
namespace {

// Columns that a terminal gives to the character that begins here; bytes within a character take
// none.
size_t Columns(std::string_view text, size_t at) {
  unsigned char c = static_cast<unsigned char>(text[at]);
  if ((c & 0xc0) == 0x80) return 0;
  if (c < 0xe0 || at + 2 >= text.size()) return 1;
  if (c >= 0xf0) return 2;  // emoji and rare ideographs
  unsigned code = (c & 0x0fu) << 12 | (static_cast<unsigned char>(text[at + 1]) & 0x3fu) << 6;
  bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
              (code >= 0xac00 && code < 0xd7c0) || (code >= 0xf900 && code < 0xfb00) ||
              (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff60);
  return wide ? 2 : 1;
}

size_t Width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) width += Columns(text, i);
  return width;
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  FW_CHECK(cells.size() == rows_.front().size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::ToString(std::string_view nothing) const {
  if (empty()) return std::string(nothing) + "\n";
  std::vector<size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      // Nothing is padded at the end of a line.
      if (i + 1 < row.size()) out += std::string(widths[i] - Width(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string Field(std::string_view name, std::string_view value) {
  return fmt::format("{:<18}{}\n", name, value.empty() ? "-" : Printable(value));
}

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string out;
  FW_CHECK(google::protobuf::util::MessageToJsonString(message, &out, options).ok());
  return out;
}

std::string Count(size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string TimeText(int64_t millis) { return millis == 0 ? "-" : FormatTime(FromMillis(millis)); }

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string Printable(std::string_view text, bool keep_lines) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    bool control = c < 0x20 || c == 0x7f;
    // U+0080 to U+009F are control characters too, and some terminals obey them.
    bool high_control =
        c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (keep_lines && c == '\n') {
      out += '\n';
    } else if (control) {
      out += fmt::format("\\x{:02x}", c);
    } else if (high_control) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace forewarn
