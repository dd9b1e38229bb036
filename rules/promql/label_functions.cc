#include "rules/promql/label_functions.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <vector>

namespace forewarn::promql {
namespace {

bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The group that a reference names, or empty when there is none.
std::string_view GroupText(const RE2& expression, const std::vector<re2::StringPiece>& groups,
                           std::string_view name) {
  size_t index = 0;
  if (name.find_first_not_of("0123456789") == std::string_view::npos) {
    if (name.size() > 4 || (name.size() > 1 && name[0] == '0')) return "";
    for (const char c : name) index = index * 10 + static_cast<size_t>(c - '0');
  } else {
    const auto& named = expression.NamedCapturingGroups();
    const auto found = named.find(std::string(name));
    if (found == named.end()) return "";
    index = static_cast<size_t>(found->second);
  }
  if (index >= groups.size() || groups[index].data() == nullptr) return "";
  return {groups[index].data(), groups[index].size()};
}

// Go's regexp.Expand: `$name` takes the longest word, `${name}` is explicit, `$$` is a dollar sign,
// and a dollar sign that starts none of these stands for itself.
std::string Expand(const RE2& expression, const std::vector<re2::StringPiece>& groups,
                   std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const bool braced = text.starts_with('{');
    size_t end = braced ? 1 : 0;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    const std::string_view name = text.substr(braced ? 1 : 0, end - (braced ? 1 : 0));
    if (name.empty() || (braced && (end == text.size() || text[end] != '}'))) {
      out += '$';
      continue;
    }
    out += GroupText(expression, groups, name);
    text.remove_prefix(end + (braced ? 1 : 0));
  }
  return out;
}

Status CheckLabel(std::string_view function, std::string_view what, std::string_view name) {
  if (IsLabelName(name)) return OkStatus();
  return InvalidArgument(fmt::format("{}: the {} '{}' is not a label name", function, what, name));
}

}  // namespace

StatusOr<Rows> ReplaceLabel(Rows rows, std::string_view target, std::string_view replacement,
                            std::string_view source, std::string_view expression) {
  FW_RETURN_IF_ERROR(CheckLabel("label_replace", "destination", target));
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(fmt::format("^(?:{})$", expression), options);
  if (!regex.ok()) {
    return InvalidArgument(
        fmt::format("label_replace: bad regular expression '{}': {}", expression, regex.error()));
  }
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  for (Row& row : rows) {
    const std::string value(row.labels.Get(source));
    if (!regex.Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      continue;
    }
    row.labels.Set(target, Expand(regex, groups, replacement));
  }
  return JoinEqual(std::move(rows));
}

StatusOr<Rows> JoinLabels(Rows rows, std::string_view target, std::string_view separator,
                          std::span<const std::string> sources) {
  FW_RETURN_IF_ERROR(CheckLabel("label_join", "destination", target));
  for (const std::string& source : sources) {
    FW_RETURN_IF_ERROR(CheckLabel("label_join", "source", source));
  }
  for (Row& row : rows) {
    std::string joined;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (i > 0) joined += separator;
      joined += row.labels.Get(sources[i]);
    }
    row.labels.Set(target, joined);
  }
  return JoinEqual(std::move(rows));
}

}  // namespace forewarn::promql
