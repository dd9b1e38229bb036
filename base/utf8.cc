#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace forewarn {
namespace {

bool IsControl(unsigned char c) {
  return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
}

std::optional<BadText> Find(std::string_view text, bool controls_too) {
  BadText bad;
  for (size_t i = 0; i < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    size_t length = Utf8Length(text.substr(i));
    if (length == 0) {
      bad.what = "not UTF-8 text; save the file as UTF-8";
      return bad;
    }
    if (controls_too && IsControl(c)) {
      bad.what = fmt::format("a control character (0x{:02x})", c);
      return bad;
    }
    bad.column = c == '\n' ? 1 : bad.column + 1;
    if (c == '\n') ++bad.line;
    i += length;
  }
  return std::nullopt;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  if (text.empty()) return 0;
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0 && tail(1)) return 2;
  if (first >= 0xe0 && first < 0xf0 && tail(1) && tail(2)) {
    bool overlong = first == 0xe0 && byte(1) < 0xa0;
    bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first < 0xf5 && tail(1) && tail(2) && tail(3)) {
    bool overlong = first == 0xf0 && byte(1) < 0x90;
    bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

size_t Utf8Prefix(std::string_view text) {
  size_t at = 0;
  while (size_t length = Utf8Length(text.substr(at))) at += length;
  return at;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

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

std::optional<BadText> FindBadText(std::string_view text) { return Find(text, true); }

std::optional<BadText> FindBadUtf8(std::string_view text) { return Find(text, false); }

}  // namespace forewarn
