#include "rules/rule_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/units.h"
#include "rules/promql/position.h"

namespace forewarn {
namespace {

constexpr size_t kMaxMistakes = 100;  // of one file: enough to work through

// Whether a byte goes on with a character of UTF-8.
bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

void RuleReader::Add(const RuleYaml::Place& place, std::string message) {
  if (mistakes_.size() >= kMaxMistakes) return;
  mistakes_.push_back(At(place, std::move(message)));
}

void RuleReader::Warn(const RuleYaml::Place& place, std::string message) {
  if (warnings_.size() < kMaxMistakes) warnings_.push_back(At(place, std::move(message)));
}

std::vector<RuleField> RuleReader::Fields(const RuleYaml& node, std::string_view what,
                                          std::span<const std::string_view> known) {
  std::vector<RuleField> fields;
  if (!node.is_map()) {
    Add(node, fmt::format("{} must be a map of keys and values", what));
    return fields;
  }
  AddFields(node, what, fields);
  if (known.empty()) return fields;
  std::erase_if(fields, [&](const RuleField& field) {
    if (std::ranges::find(known, field.key) != known.end()) return false;
    Add(*field.key_node, fmt::format("unknown key '{}' in {}{}", field.key, what,
                                     promql::Suggest(field.key, known)));
    return true;
  });
  return fields;
}

void RuleReader::AddFields(const RuleYaml& node, std::string_view what,
                           std::vector<RuleField>& fields) {
  std::vector<const RuleYaml*> merged;
  for (const auto& [key_node, value] : node.pairs) {
    if (!key_node.is_scalar()) {
      Add(key_node, fmt::format("a key in {} must be a word", what));
      continue;
    }
    const std::string& key = key_node.text;
    if (key == "<<" && value.is_map()) {
      merged.push_back(&value);
      continue;
    }
    if (std::ranges::any_of(fields, [&](const RuleField& field) { return field.key == key; })) {
      Add(key_node, fmt::format("key '{}' is given twice in {}", key, what));
      continue;
    }
    fields.push_back({key, &key_node, &value});
  }
  // YAML's merge key: its fields count where the map has none of its own.
  for (const RuleYaml* other : merged) {
    for (const auto& [key_node, value] : other->pairs) {
      if (!key_node.is_scalar() || key_node.text == "<<") continue;
      const std::string& key = key_node.text;
      if (std::ranges::none_of(fields, [&](const RuleField& field) { return field.key == key; })) {
        fields.push_back({key, &key_node, &value});
      }
    }
  }
}

std::string RuleReader::Text(const RuleField& field) {
  if (field.value->is_scalar()) return field.value->text;
  if (field.value->is_null()) return "";
  const size_t begin = std::min(field.value->place.offset, text_.size());
  const bool is_template = field.value->is_map() && text_.substr(begin).starts_with("{{");
  Add(*field.value, fmt::format("'{}' must be a text{}", field.key,
                                is_template ? "; put it in quotes: '{{ … }}'" : ""));
  return "";
}

Duration RuleReader::ReadDuration(const RuleField& field) {
  // What 64-bit nanoseconds hold, as in Prometheus; so the sum of several and of a time is one, too.
  constexpr Duration kLongest{9'223'372'036'854};
  std::string text = Text(field);
  if (text.empty() && field.value->is_scalar() && checks_ != nullptr) {
    Add(*field.value, fmt::format("'{}' is empty; write a duration such as 5m", field.key));
  }
  if (text.empty() || text == "0") return Duration(0);
  StatusOr<Duration> duration = ParseDuration(text);
  if (duration.ok() && *duration <= kLongest) return *duration;
  Add(*field.value,
      fmt::format("'{}': {}", field.key,
                  duration.ok() ? "must not be longer than 292y" : duration.status().message()));
  return Duration(0);
}

double RuleReader::ReadNumber(const RuleField& field) {
  std::string text = Text(field);
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    Add(*field.value, fmt::format("'{}' is '{}', but must be a number", field.key, text));
  }
  return number;
}

void RuleReader::ReadList(const RuleField& field,
                          const std::function<void(const RuleYaml&)>& read) {
  if (field.value->is_null()) return;
  if (!field.value->is_list()) {
    Add(*field.value, fmt::format("'{}' must be a list", field.key));
    return;
  }
  for (const RuleYaml& item : field.value->items) read(item);
}

// The message begins with the place in the expression, `line:column: `.
void RuleReader::AddInside(const RuleYaml& scalar, std::string_view value, const Status& error) {
  std::string_view message = error.message();
  message = message.substr(0, message.find('\n'));
  const RuleYaml::Place& place = scalar.place;
  int line = 0;
  int column = 0;
  const char* end = message.data() + message.size();
  auto first = std::from_chars(message.data(), end, line);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') {
    Add(place, std::string(message));
    return;
  }
  auto second = std::from_chars(first.ptr + 1, end, column);
  if (second.ec != std::errc() || end - second.ptr < 2 || second.ptr[0] != ':') {
    Add(place, std::string(message));
    return;
  }
  message.remove_prefix(second.ptr + 2 - message.data());

  Add(PlaceInside(scalar, value, promql::OffsetAt(value, line, column)), std::string(message));
}

// Walks over both texts and counts what is not white space: that is the same in a plain, a quoted and a
// block scalar, however it is folded and indented.
RuleYaml::Place RuleReader::PlaceInside(const RuleYaml& scalar, std::string_view value,
                                        size_t byte) const {
  auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  const RuleYaml::Place& place = scalar.place;
  size_t at = std::min<size_t>(place.offset, text_.size());
  char quote = 0;
  if (at < text_.size() && (text_[at] == '|' || text_[at] == '>')) {
    at = std::min(text_.find('\n', at), text_.size());
  } else if (at < text_.size() && (text_[at] == '"' || text_[at] == '\'')) {
    quote = text_[at++];
  }
  bool is_found = true;
  for (size_t i = 0; i <= byte && is_found; ++i) {
    bool is_last = i == byte;
    if (!is_last && is_space(value[i])) continue;
    while (at < text_.size() && is_space(text_[at])) ++at;
    if (quote == '"' && at < text_.size() && text_[at] == '\\') ++at;
    if (quote == '\'' && at + 1 < text_.size() && text_[at] == '\'' && text_[at + 1] == '\'') ++at;
    if (is_last) break;
    is_found = at < text_.size() && text_[at] == value[i];
    ++at;
  }
  if (!is_found) return place;
  // An error at the end of the expression stands behind its last character, not on the line after.
  if (byte >= value.size()) {
    while (at > 0 && is_space(text_[at - 1])) --at;
  }
  size_t line_start = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
  int file_line = 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + at, '\n'));
  int file_column = 1;
  for (size_t i = line_start; i < at; ++i) file_column += !Continues(text_[i]);
  return {file_line, file_column};
}

std::optional<promql::Expression> RuleReader::ReadExpression(const RuleField& field) {
  std::string text = Text(field);
  if (!field.value->is_scalar() && !field.value->is_null()) return std::nullopt;
  StatusOr<promql::Expression> expression = promql::Parse(text);
  if (expression.ok()) return *std::move(expression);
  AddInside(*field.value, text, expression.status());
  return std::nullopt;
}

}  // namespace forewarn
