#include "rules/promql/label_functions.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <set>
#include <utility>
#include <vector>

#include "model/regex.h"

namespace forewarn::promql {
namespace {

// RE2 keeps a copy of them for each step that it is in.
constexpr int kMaxGroups = 100;
// Finding groups takes at most a step of the program for each byte; so many cost what one other
// operation does.
constexpr uint64_t kStepsPerOperation = 256;

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
// and a dollar sign that starts none of these stands for itself. It ends once the result is longer
// than kMaxMadeValue.
std::string Expand(const RE2& expression, const std::vector<re2::StringPiece>& groups,
                   std::string_view text) {
  std::string out;
  while (!text.empty() && out.size() <= kMaxMadeValue) {
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

const std::string& TextOf(const NodePtr& node) {
  const auto* string = As<String>(WithoutParens(*node));
  FW_CHECK(string != nullptr);
  return string->value;
}

Status TooLong(std::string_view function, std::string_view target) {
  return ResourceExhausted(fmt::format("{}: the label '{}' would have more than {} bytes", function,
                                       target, kMaxMadeValue));
}

}  // namespace

StatusOr<Rows> ReplaceLabel(Rows rows, std::string_view target, std::string_view replacement,
                            std::string_view source, std::string_view expression, Budget& budget) {
  FW_RETURN_IF_ERROR(CheckLabel("label_replace", "destination", target));
  const auto compiled = CompileRegex(fmt::format("^(?:{})$", expression));
  if (!compiled.ok()) return compiled.status().With("label_replace");
  const RE2& regex = **compiled;
  const int group_count = regex.NumberOfCapturingGroups();
  if (group_count > kMaxGroups) {
    return InvalidArgument(fmt::format(
        "label_replace: the regular expression has {} groups, more than {}; write (?:…) "
        "for those that the replacement does not name",
        group_count, kMaxGroups));
  }
  const auto steps = static_cast<uint64_t>(regex.ProgramSize());
  FW_RETURN_IF_ERROR(budget.Charge(steps / kStepsPerOperation));
  std::vector<re2::StringPiece> groups(static_cast<size_t>(group_count) + 1);
  for (Row& row : rows) {
    const std::string value(row.labels.Get(source));
    FW_RETURN_IF_ERROR(budget.Charge(value.size() * steps / kStepsPerOperation));
    if (!regex.Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      continue;
    }
    const std::string made = Expand(regex, groups, replacement);
    if (made.size() > kMaxMadeValue) return TooLong("label_replace", target);
    FW_RETURN_IF_ERROR(budget.ChargeText(made.size()));
    row.labels.Set(target, made);
  }
  return JoinEqual(std::move(rows));
}

StatusOr<Rows> JoinLabels(Rows rows, std::string_view target, std::string_view separator,
                          std::span<const std::string> sources, Budget& budget) {
  FW_RETURN_IF_ERROR(CheckLabel("label_join", "destination", target));
  for (const std::string& source : sources) {
    FW_RETURN_IF_ERROR(CheckLabel("label_join", "source", source));
  }
  for (Row& row : rows) {
    FW_RETURN_IF_ERROR(budget.Charge(sources.size()));
    size_t size = sources.empty() ? 0 : separator.size() * (sources.size() - 1);
    for (const std::string& source : sources) size += row.labels.Get(source).size();
    if (size > kMaxMadeValue) return TooLong("label_join", target);
    FW_RETURN_IF_ERROR(budget.ChargeText(size));
    std::string joined;
    joined.reserve(size);
    for (size_t i = 0; i < sources.size(); ++i) {
      if (i > 0) joined += separator;
      joined += row.labels.Get(sources[i]);
    }
    row.labels.Set(target, joined);
  }
  return JoinEqual(std::move(rows));
}

StatusOr<Rows> ChangeLabels(const Call& call, Rows rows, Budget& budget) {
  std::vector<std::string> texts;
  for (size_t i = 1; i < call.arguments.size(); ++i) texts.push_back(TextOf(call.arguments[i]));
  if (call.function->id == FunctionId::kLabelReplace) {
    return ReplaceLabel(std::move(rows), texts[0], texts[1], texts[2], texts[3], budget);
  }
  FW_CHECK(call.function->id == FunctionId::kLabelJoin);
  return JoinLabels(std::move(rows), texts[0], texts[1], std::span(texts).subspan(2), budget);
}

// Any other matcher of the same label that follows takes it away, as in Prometheus.
Labels DemandedLabels(const Call& call) {
  Labels labels;
  const auto* selector = As<Selector>(WithoutParens(*call.arguments[0]));
  if (selector == nullptr) return labels;
  std::set<std::string> demanded;
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricName) continue;
    const bool is_first =
        matcher.kind() == Matcher::Kind::kEqual && demanded.insert(matcher.name()).second;
    labels.Set(matcher.name(), is_first ? matcher.value() : "");
  }
  return labels;
}

}  // namespace forewarn::promql
