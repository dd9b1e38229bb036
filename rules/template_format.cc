#include "rules/template_format.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "rules/humanize.h"

namespace forewarn::templates {
namespace {

std::string Pad(const Verb& verb, std::string text) {
  size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  if (characters >= static_cast<size_t>(verb.width)) return text;
  const std::string blanks(static_cast<size_t>(verb.width) - characters, ' ');
  return verb.flags.find('-') == std::string::npos ? blanks + text : text + blanks;
}

std::string FormatNumber(const Verb& verb, double number) {
  const bool plus = verb.flags.find('+') != std::string::npos;
  const bool space = verb.flags.find(' ') != std::string::npos;
  if (!std::isfinite(number)) {
    std::string text = std::isnan(number) ? "NaN" : number < 0 ? "-Inf" : "+Inf";
    if (std::isnan(number) && plus) text = "+NaN";
    return Pad(verb, text);
  }
  const bool shortest = verb.precision < 0 && (verb.letter == 'v' || verb.letter == 'g');
  if (shortest) {
    const std::string text = PlainNumber(number);
    return Pad(verb, (plus && !std::signbit(number)    ? "+"
                      : space && !std::signbit(number) ? " "
                                                       : "") +
                         text);
  }
  // C's own conversion: flags, width and precision mean the same.
  const std::string format =
      fmt::format("%{}{}.{}{}", verb.flags, verb.width > 0 ? std::to_string(verb.width) : "",
                  verb.precision < 0 ? 6 : verb.precision, verb.letter == 'v' ? 'g' : verb.letter);
  std::array<char, 600> buffer;  // 309 digits, at most 100 of precision or width
  const int size = std::snprintf(buffer.data(), buffer.size(), format.c_str(), number);
  FW_CHECK(size >= 0 && static_cast<size_t>(size) < buffer.size());
  return std::string(buffer.data(), static_cast<size_t>(size));
}

std::string FormatInteger(const Verb& verb, int64_t integer) {
  const std::string format =
      fmt::format("%{}{}lld", verb.flags, verb.width > 0 ? std::to_string(verb.width) : "");
  std::array<char, 160> buffer;
  const int size =
      std::snprintf(buffer.data(), buffer.size(), format.c_str(), static_cast<long long>(integer));
  FW_CHECK(size >= 0 && static_cast<size_t>(size) < buffer.size());
  return std::string(buffer.data(), static_cast<size_t>(size));
}

}  // namespace

std::string FormatVerb(const Verb& verb, const Value& value) {
  if (verb.letter == 'q') return Pad(verb, Quote(std::get<std::string>(value)));
  if (const auto* number = std::get_if<double>(&value)) return FormatNumber(verb, *number);
  if (const auto* integer = std::get_if<int64_t>(&value)) return FormatInteger(verb, *integer);
  std::string text = Print(value);
  if (verb.letter == 's' && verb.precision >= 0) {
    // In characters, as Go counts.
    size_t end = 0;
    for (int left = verb.precision; end < text.size(); ++end) {
      if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && left-- == 0) break;
    }
    text.resize(end);
  }
  return Pad(verb, std::move(text));
}

bool Fits(char letter, Type type) {
  switch (letter) {
    case 'v': return true;
    case 's':
    case 'q': return type == Type::kText;
    case 'd': return type == Type::kInteger;
    case 'f':
    case 'e':
    case 'g': return type == Type::kNumber;
    case 't': return type == Type::kBool;
    default: return false;
  }
}

std::optional<Format> ParseFormat(std::string_view text) {
  Format format;
  format.pieces.emplace_back();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      format.pieces.back() += text[i];
      continue;
    }
    if (++i < text.size() && text[i] == '%') {
      format.pieces.back() += '%';
      continue;
    }
    Verb verb;
    while (i < text.size() && std::string_view("+- 0").find(text[i]) != std::string_view::npos) {
      if (verb.flags.find(text[i]) == std::string::npos) verb.flags += text[i];
      ++i;
    }
    const auto number = [&](int& out) {
      const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), out);
      if (error == std::errc::invalid_argument) return true;  // none is given
      i = static_cast<size_t>(end - text.data());
      return error == std::errc() && out >= 0 && out <= 100;
    };
    if (!number(verb.width)) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
      ++i;
      verb.precision = 0;
      if (!number(verb.precision)) return std::nullopt;
    }
    if (i >= text.size()) return std::nullopt;
    verb.letter = text[i];
    format.verbs.push_back(std::move(verb));
    format.pieces.emplace_back();
  }
  return format;
}

}  // namespace forewarn::templates
