#include "rules/template_value.h"

#include <fmt/core.h>

#include <array>

#include "rules/humanize.h"

namespace forewarn::templates {

std::string_view NameOf(Type type) {
  constexpr std::array<std::string_view, 5> kNames = {"a number", "an integer", "a text", "a bool",
                                                      "the labels"};
  return kNames[static_cast<size_t>(type)];
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Print(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return PlainNumber(*number);
  if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  std::string out = "map[";
  for (const auto& [name, label] : *std::get<const Labels*>(value)) {
    out += fmt::format("{}{}:{}", out.size() > 4 ? " " : "", name, label);
  }
  return out + ']';
}

bool IsTrue(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number != 0;
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return !std::get<const Labels*>(value)->empty();
}

}  // namespace forewarn::templates
