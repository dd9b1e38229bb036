#include "rules/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/units.h"
#include "rules/promql/position.h"
#include "rules/read_detector.h"
#include "rules/read_rule.h"
#include "rules/recorded_names.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;

constexpr std::string_view kFileKeys[] = {"groups", "detectors"};
constexpr std::string_view kGroupKeys[] = {"name",         "interval", "limit",
                                           "query_offset", "labels",   "rules"};

uint64_t ReadLimit(const RuleField& field, RuleReader& reader) {
  std::string text = reader.Text(field);
  uint64_t limit = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    reader.Add(
        *field.value,
        fmt::format("'limit' is '{}', but must be a number of results, 0 for no limit", text));
  }
  return limit;
}

// Reads one file: its groups and detectors.
class FileReader {
 public:
  // `names` grow: they are of all files together.
  FileReader(const BundleFile& file, const RuleChecks* checks, RecordedNames& names)
      : file_(file), reader_(file.path, file.text, checks), names_(names) {}

  void Read(RuleFiles& out);

 private:
  void ReadFile(RuleFiles& out);
  std::optional<RuleGroup> ReadGroup(const RuleYaml& node);

  const BundleFile& file_;
  RuleReader reader_;
  RecordedNames& names_;
  std::set<std::string> group_names_;
};

std::optional<RuleGroup> FileReader::ReadGroup(const RuleYaml& node) {
  std::vector<RuleField> fields = reader_.Fields(node, "the group", kGroupKeys);
  if (!node.is_map()) return std::nullopt;
  RuleGroup group;
  group.file = reader_.file();
  const RuleYaml* rules = nullptr;
  const RuleField* name = nullptr;
  Attributes labels;
  for (const RuleField& field : fields) {
    if (field.key == "name") {
      name = &field;
      group.name = reader_.Text(field);
    } else if (field.key == "interval") {
      Duration interval = reader_.ReadDuration(field);
      if (interval > Duration(0)) group.interval = interval;
    } else if (field.key == "limit") {
      group.limit = ReadLimit(field, reader_);
    } else if (field.key == "query_offset") {
      group.query_offset = reader_.ReadDuration(field);
    } else if (field.key == "labels") {
      labels = ReadGroupLabels(field, reader_);
    } else if (field.key == "rules") {
      rules = field.value;
    }
  }
  if (group.name.empty()) {
    reader_.Add(name == nullptr ? node : *name->value, "the group has no name");
  } else if (!group_names_.insert(group.name).second) {
    reader_.Add(*name->value,
                fmt::format("the group '{}' is given twice in this file", group.name));
  }
  if (rules == nullptr || rules->is_null()) return group;
  if (!rules->is_list()) {
    names_.MissSome();
    reader_.Add(*rules, "'rules' must be a list");
    return std::nullopt;
  }
  for (const RuleYaml& item : rules->items) {
    if (std::optional<Rule> rule = ReadRule(item, labels, reader_, names_))
      group.rules.push_back(*std::move(rule));
  }
  return group;
}

void FileReader::Read(RuleFiles& out) {
  const size_t groups_before = out.groups.size();
  const size_t detectors_before = out.detectors.size();
  ReadFile(out);
  if (reader_.mistakes().empty() && out.groups.size() == groups_before &&
      out.detectors.size() == detectors_before) {
    reader_.Warn(RuleYaml::Place(), "there are no rules in this file");
  }
  std::ranges::copy(reader_.mistakes(), std::back_inserter(out.mistakes));
  std::ranges::copy(reader_.warnings(), std::back_inserter(out.warnings));
}

void FileReader::ReadFile(RuleFiles& out) {
  if (file_.text.size() > kMaxFileBytes) {
    names_.MissSome();
    reader_.Add(RuleYaml::Place(),
                fmt::format("the file has {}, but at most {} are read; split it",
                            FormatSize(file_.text.size()), FormatSize(kMaxFileBytes)));
    return;
  }
  const ParsedRuleYaml yaml = ParseRuleYaml(file_.text);
  if (!yaml.mistake.empty()) {
    names_.MissSome();
    reader_.Add(yaml.place, yaml.mistake);
  }
  if (yaml.root.is_null()) return;
  for (const RuleField& field : reader_.Fields(yaml.root, "the file", kFileKeys)) {
    reader_.ReadList(field, [&](const RuleYaml& item) {
      if (field.key == "detectors") {
        std::optional<DetectorSpec> detector = ReadDetector(item, reader_, names_);
        if (detector) out.detectors.push_back(*std::move(detector));
      } else if (std::optional<RuleGroup> group = ReadGroup(item)) {
        out.groups.push_back(*std::move(group));
      }
    });
  }
}

RuleFiles ReadFiles(std::span<const BundleFile> files, const RuleChecks* checks) {
  RuleFiles out;
  RecordedNames names;
  for (const BundleFile& file : files) FileReader(file, checks, names).Read(out);
  names.FindMissing(out.mistakes, out.warnings);
  if (checks != nullptr) {
    names.FindCollisions(out.mistakes, out.warnings);
  } else {
    out.warnings.clear();
  }
  if (!out.mistakes.empty()) {
    out.groups.clear();
    out.detectors.clear();
  }
  return out;
}

}  // namespace

std::string RuleMistake::ToString() const {
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

std::string RuleMistake::Show(std::string_view text) const {
  const Status shown = promql::ErrorAt(text, promql::OffsetAt(text, line, column), message);
  return fmt::format("{}:{}", file, shown.message());
}

Status RuleFiles::status() const {
  if (mistakes.empty()) return OkStatus();
  std::string all;
  for (const RuleMistake& mistake : mistakes) {
    if (!all.empty()) all += '\n';
    all += mistake.ToString();
  }
  return InvalidArgument(std::move(all));
}

RuleFiles ParseRuleFile(const std::string& path, std::string_view text) {
  BundleFile file = {path, std::string(text)};
  return ParseRuleFiles({&file, 1});
}

RuleFiles ParseRuleFiles(std::span<const BundleFile> files) { return ReadFiles(files, nullptr); }

RuleFiles CheckRuleFiles(std::span<const BundleFile> files, const RuleChecks& checks) {
  return ReadFiles(files, &checks);
}

}  // namespace forewarn
