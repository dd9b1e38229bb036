#include "rules/export_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "rules/detector.h"
#include "rules/promql/number.h"
#include "rules/promql/promql.h"
#include "rules/rule_yaml.h"
#include "rules/thresholds.h"
#include "rules/write_yaml.h"

namespace forewarn {
namespace {

RuleYaml Scalar(std::string_view text) {
  RuleYaml node;
  node.kind = RuleYaml::Kind::kScalar;
  node.text = text;
  return node;
}

// The value of a key, also of one that was merged (`<<`).
RuleYaml* Find(RuleYaml& map, std::string_view key) {
  for (auto& [name, value] : map.pairs) {
    if (name.text == key) return &value;
  }
  for (auto& [name, value] : map.pairs) {
    if (name.text != "<<") continue;
    if (RuleYaml* found = Find(value, key)) return found;
  }
  return nullptr;
}

bool SaysTheSame(const RuleYaml& a, const RuleYaml& b) {
  return a.kind == b.kind && a.text == b.text &&
         std::ranges::equal(a.items, b.items, SaysTheSame) &&
         std::ranges::equal(a.pairs, b.pairs, [](const RuleYaml::Pair& x, const RuleYaml::Pair& y) {
           return SaysTheSame(x.key, y.key) && SaysTheSame(x.value, y.value);
         });
}

// What is to go, by the place of its key in the text.
struct Cut {
  size_t key = 0;
  size_t next_key = std::string_view::npos;  // in the same map
  bool is_list = false;                      // its value

  friend auto operator<=>(const Cut&, const Cut&) = default;
};

// Takes out what is ours, and knows where it stood. Not thread-safe.
class Stripper {
 public:
  explicit Stripper(RuleYaml root) : root_(std::move(root)) {
    Remove(root_, "detectors");
    ForEachRule([this](RuleYaml& rule) { StripRule(rule); });
  }

  const RuleYaml& root() const { return root_; }
  const std::set<Cut>& cuts() const { return cuts_; }

 private:
  void ForEachRule(const std::function<void(RuleYaml&)>& visit) {
    RuleYaml* groups = Find(root_, "groups");
    if (groups == nullptr) return;
    for (RuleYaml& group : groups->items) {
      RuleYaml* rules = Find(group, "rules");
      if (rules == nullptr) continue;
      for (RuleYaml& rule : rules->items) visit(rule);
    }
  }

  void StripRule(RuleYaml& rule) {
    std::optional<RuleYaml> severity;
    if (RuleYaml* forewarn = Find(rule, "forewarn")) {
      if (const RuleYaml* found = Find(*forewarn, "severity")) severity = *found;
      if (const RuleYaml* thresholds = Find(*forewarn, "thresholds")) SetNumbers(*thresholds, rule);
    }
    Remove(rule, "forewarn");
    if (!severity) return;
    RuleYaml* labels = Find(rule, "labels");
    if (labels == nullptr || !labels->is_map()) {
      Remove(rule, "labels");
      rule.pairs.push_back({Scalar("labels"), {}});
      labels = &rule.pairs.back().value;
      labels->kind = RuleYaml::Kind::kMap;
    }
    labels->pairs.push_back({Scalar("severity"), *std::move(severity)});
  }

  // `scalar(threshold:left)` becomes the number, as it does when the rule is read.
  static void SetNumbers(const RuleYaml& thresholds, RuleYaml& rule) {
    Thresholds numbers;
    for (const auto& [name, value] : thresholds.pairs) {
      if (StatusOr<double> number = promql::ParseNumber(value.text); number.ok())
        numbers.emplace(name.text, *number);
    }
    RuleYaml* expr = Find(rule, "expr");
    if (expr == nullptr) return;
    StatusOr<promql::Expression> expression = promql::Parse(expr->text);
    if (expression.ok()) expr->text = SetThresholds(*expression, numbers).ToString();
  }

  void Remove(RuleYaml& map, std::string_view key) {
    for (size_t i = 0; i < map.pairs.size();) {
      auto& [name, value] = map.pairs[i];
      if (name.text == "<<") Remove(value, key);
      if (name.text != key) {
        ++i;
        continue;
      }
      Cut cut = {name.place.offset, std::string_view::npos, value.is_list()};
      if (i + 1 < map.pairs.size()) cut.next_key = map.pairs[i + 1].key.place.offset;
      cuts_.insert(cut);
      map.pairs.erase(map.pairs.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  RuleYaml root_;
  std::set<Cut> cuts_;
};

// The end of the lines that say the value of a key, which stands `column` spaces into its line.
size_t EndOfValue(std::string_view text, size_t key, size_t column, bool is_list) {
  size_t end = std::min(text.find('\n', key), text.size());
  for (size_t line = end + 1; line < text.size();) {
    const size_t line_end = std::min(text.find('\n', line), text.size());
    const std::string_view content = text.substr(line, line_end - line);
    const size_t indent = std::min(content.find_first_not_of(' '), content.size());
    const std::string_view rest = content.substr(indent);
    if (!rest.empty() && rest.front() != '#' && rest.front() != '\r') {
      const bool is_item = is_list && indent == column && (rest == "-" || rest.starts_with("- "));
      if (indent <= column && !is_item) break;
      end = line_end;
    }
    line = line_end + 1;
  }
  return std::min(end + 1, text.size());
}

// The text without what is to go, if that stands on lines of its own.
std::optional<std::string> CutOut(std::string_view text, const std::set<Cut>& cuts) {
  std::string out;
  size_t kept = 0;
  for (const Cut& cut : cuts) {
    if (cut.key >= text.size() || cut.key < kept) return std::nullopt;
    const size_t line = cut.key == 0 ? 0 : text.rfind('\n', cut.key - 1) + 1;
    const std::string_view before = text.substr(line, cut.key - line);
    const size_t content = before.find_first_not_of(' ');
    size_t begin = 0;
    size_t end = 0;
    if (content == std::string_view::npos) {
      begin = line;
      end = EndOfValue(text, cut.key, before.size(), cut.is_list);
    } else if (before.substr(content) == "- " && cut.next_key < text.size()) {
      // The item's first key: the next one takes its place.
      begin = cut.key;
      end = cut.next_key;
    } else {
      return std::nullopt;
    }
    if (begin < kept) return std::nullopt;
    out += text.substr(kept, begin - kept);
    kept = end;
  }
  return out + std::string(text.substr(kept));
}

bool IsNamed(const Matchers& selector, std::string_view name) {
  bool names = false;
  for (const Matcher& matcher : selector) {
    if (matcher.name() != kMetricName) continue;
    if (!matcher.Matches(name)) return false;
    names = true;
  }
  return names;
}

// The detector's series that the rule reads, or nothing.
std::optional<std::string> ReadOfDetector(const Rule& rule,
                                          const std::vector<DetectorSpec>& detectors) {
  for (const Matchers& selector : rule.expression.Selectors()) {
    for (const DetectorSpec& detector : detectors) {
      for (std::string_view suffix : kFindingSuffixes) {
        std::string series = detector.record + std::string(suffix);
        if (IsNamed(selector, series)) return series;
      }
    }
  }
  return std::nullopt;
}

// What a rule means here by its `forewarn:` and Prometheus cannot know.
void AddUnexported(const std::string& file, RuleYaml& rule, std::vector<std::string>& sentences) {
  const RuleYaml* alert = Find(rule, "alert");
  RuleYaml* forewarn = Find(rule, "forewarn");
  if (alert == nullptr || forewarn == nullptr) return;
  const RuleYaml* shadow = Find(*forewarn, "shadow");
  if (shadow != nullptr && shadow->text == "true") {
    sentences.push_back(
        fmt::format("{}: '{}' is in shadow; in Prometheus it will alert", file, alert->text));
  }
  if (Find(*forewarn, "customers") != nullptr) {
    sentences.push_back(fmt::format("{}: '{}' is for some customers; in Prometheus it is for all",
                                    file, alert->text));
  }
  if (Find(*forewarn, "overrides") == nullptr) return;
  sentences.push_back(fmt::format(
      "{}: '{}' has other numbers for some customers; in Prometheus it has those of all", file,
      alert->text));
}

}  // namespace

std::string ExportForPrometheus(std::string_view text) {
  Stripper stripper(ParseRuleYaml(text).root);
  // Whether a cut left the rest as it was is seen by reading it.
  if (std::optional<std::string> cut = CutOut(text, stripper.cuts())) {
    ParsedRuleYaml read = ParseRuleYaml(*cut);
    if (read.mistake.empty() && SaysTheSame(read.root, stripper.root())) return *std::move(cut);
  }
  return WriteYaml(stripper.root());
}

std::vector<std::string> FindUnexported(std::span<const BundleFile> files, const RuleFiles& rules) {
  std::vector<std::string> sentences;
  for (const RuleGroup& group : rules.groups) {
    if (group.query_offset != Duration(0)) {
      sentences.push_back(
          fmt::format("{}: group '{}' has 'query_offset', which Prometheus knows since 2.53",
                      group.file, group.name));
    }
    for (const Rule& rule : group.rules) {
      const std::string what = fmt::format("{}: '{}'", group.file, rule.name);
      std::optional<std::string> series = ReadOfDetector(rule, rules.detectors);
      if (!series) continue;
      sentences.push_back(
          fmt::format("{} reads {}, which a detector records; in Prometheus nothing will record it",
                      what, *series));
    }
  }
  for (const BundleFile& file : files) {
    RuleYaml root = ParseRuleYaml(file.text).root;
    RuleYaml* groups = Find(root, "groups");
    if (groups == nullptr) continue;
    for (RuleYaml& group : groups->items) {
      if (RuleYaml* of_group = Find(group, "rules")) {
        for (RuleYaml& rule : of_group->items) AddUnexported(file.path, rule, sentences);
      }
      if (Find(group, "labels") == nullptr) continue;
      const RuleYaml* name = Find(group, "name");
      sentences.push_back(
          fmt::format("{}: group '{}' has 'labels', which Prometheus knows since 3.0", file.path,
                      name == nullptr ? "" : name->text));
    }
  }
  return sentences;
}

}  // namespace forewarn
