#include "rules/rule_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/units.h"
#include "model/ids.h"
#include "model/incident.h"
#include "model/labels.h"
#include "rules/promql/ast.h"
#include "rules/promql/position.h"
#include "rules/template.h"

namespace forewarn {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;
constexpr size_t kMaxMistakes = 100;  // of one file: enough to work through

constexpr std::string_view kFileKeys[] = {"groups", "detectors"};
constexpr std::string_view kDetectorKeys[] = {"record", "forecast"};
constexpr std::string_view kForecastKeys[] = {"series", "reaches", "min_history", "block"};
constexpr std::string_view kGroupKeys[] = {"name",         "interval", "limit",
                                           "query_offset", "labels",   "rules"};
constexpr std::string_view kRuleKeys[] = {"alert",  "record",      "expr",     "for",
                                          "labels", "annotations", "forewarn", "keep_firing_for"};
constexpr std::string_view kForewarnKeys[] = {"predicts", "warning", "playbook", "group_by",
                                              "severity"};

// Attached by intake to all that a customer sends; a rule that could set them could cross
// customers.
constexpr std::string_view kIdentityLabels[] = {"customer", "installation", "probe"};

bool IsTemplateId(std::string_view id) {
  return !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// A key of a YAML map with its value.
struct Field {
  std::string key;
  YAML::Node key_node;
  YAML::Node value;
};

// Where a rule says that another records something.
struct Prediction {
  RuleMistake place;  // its message is empty
  std::string series;
};

// Reads one file. It goes on after a mistake, so that all are found at once.
class Reader {
 public:
  // `detector_names` grows: those of all files together are unique.
  Reader(const std::string& file, std::string_view text, std::set<std::string>& detector_names)
      : file_(file), text_(text), detector_names_(detector_names) {}

  void Read(RuleFiles& out, std::vector<Prediction>& predictions);

 private:
  void Add(const YAML::Mark& mark, std::string message) {
    if (mistakes_.size() >= kMaxMistakes) return;
    int line = mark.is_null() ? 1 : mark.line + 1;
    int column = mark.is_null() ? 1 : mark.column + 1;
    mistakes_.push_back({file_, line, column, std::move(message)});
  }
  void Add(const YAML::Node& node, std::string message) { Add(node.Mark(), std::move(message)); }

  // The fields of a map: keys known and not repeated. `what` names the map.
  std::vector<Field> Fields(const YAML::Node& node, std::string_view what,
                            std::span<const std::string_view> known);
  void AddFields(const YAML::Node& node, std::string_view what, std::vector<Field>& fields);
  // A scalar's text; null counts as empty.
  std::string Text(const Field& field);
  Duration ReadDuration(const Field& field);
  uint64_t ReadLimit(const Field& field);
  enum class LabelsOf { kGroup, kRecording, kAlert, kAnnotations };
  Attributes ReadLabels(const Field& field, LabelsOf of);

  std::optional<DetectorSpec> ReadDetector(const YAML::Node& node);
  void ReadForecast(const Field& field, DetectorSpec& detector);
  double ReadNumber(const Field& field);
  // Calls `read` for each item of the list.
  void ReadList(const Field& field, const std::function<void(const YAML::Node&)>& read);
  std::optional<RuleGroup> ReadGroup(const YAML::Node& node);
  std::optional<Rule> ReadRule(const YAML::Node& node, const Attributes& group_labels);
  RuleForewarn ReadForewarn(const Field& field);
  std::optional<promql::Expression> ReadExpression(const Field& field);
  void AddInside(const YAML::Node& scalar, std::string_view value, const Status& error);

  const std::string file_;
  const std::string_view text_;

  std::set<std::string>& detector_names_;
  std::vector<RuleMistake> mistakes_;
  std::vector<Prediction> predictions_;
  std::set<std::string> group_names_;
};

std::vector<Field> Reader::Fields(const YAML::Node& node, std::string_view what,
                                  std::span<const std::string_view> known) {
  std::vector<Field> fields;
  if (!node.IsMap()) {
    Add(node, fmt::format("{} must be a map of keys and values", what));
    return fields;
  }
  AddFields(node, what, fields);
  if (known.empty()) return fields;
  // Into a list of its own: assigning a YAML::Node changes what the node stands for, everywhere.
  std::vector<Field> known_fields;
  for (const Field& field : fields) {
    if (std::ranges::find(known, field.key) != known.end()) {
      known_fields.push_back(field);
      continue;
    }
    Add(field.key_node, fmt::format("unknown key '{}' in {}{}", field.key, what,
                                    promql::Suggest(field.key, known)));
  }
  return known_fields;
}

void Reader::AddFields(const YAML::Node& node, std::string_view what, std::vector<Field>& fields) {
  std::vector<YAML::Node> merged;
  for (const auto& item : node) {
    if (!item.first.IsScalar()) {
      Add(item.first, fmt::format("a key in {} must be a word", what));
      continue;
    }
    std::string key = item.first.Scalar();
    if (key == "<<" && item.second.IsMap()) {
      merged.push_back(item.second);
      continue;
    }
    if (std::ranges::any_of(fields, [&](const Field& field) { return field.key == key; })) {
      Add(item.first, fmt::format("key '{}' is given twice in {}", key, what));
      continue;
    }
    fields.push_back({std::move(key), item.first, item.second});
  }
  // YAML's merge key: its fields count where the map has none of its own.
  for (const YAML::Node& other : merged) {
    for (const auto& item : other) {
      if (!item.first.IsScalar() || item.first.Scalar() == "<<") continue;
      const std::string& key = item.first.Scalar();
      if (std::ranges::none_of(fields, [&](const Field& field) { return field.key == key; })) {
        fields.push_back({key, item.first, item.second});
      }
    }
  }
}

std::string Reader::Text(const Field& field) {
  if (field.value.IsScalar()) return field.value.Scalar();
  if (!field.value.IsNull()) Add(field.value, fmt::format("'{}' must be a text", field.key));
  return "";
}

Duration Reader::ReadDuration(const Field& field) {
  std::string text = Text(field);
  if (text.empty() || text == "0") return Duration(0);
  StatusOr<Duration> duration = ParseDuration(text);
  if (!duration.ok()) {
    Add(field.value, fmt::format("'{}': {}", field.key, duration.status().message()));
    return Duration(0);
  }
  return *duration;
}

uint64_t Reader::ReadLimit(const Field& field) {
  std::string text = Text(field);
  uint64_t limit = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    Add(field.value,
        fmt::format("'limit' is '{}', but must be a number of results, 0 for no limit", text));
  }
  return limit;
}

Attributes Reader::ReadLabels(const Field& field, LabelsOf of) {
  Attributes labels;
  bool are_annotations = of == LabelsOf::kAnnotations;
  if (field.value.IsNull()) return labels;
  std::string_view what = are_annotations ? "annotation" : "label";
  for (const Field& item : Fields(field.value, fmt::format("'{}'", field.key), {})) {
    if (!IsLabelName(item.key) || (!are_annotations && item.key == kMetricName)) {
      Add(item.key_node, fmt::format("invalid {} name '{}'", what, item.key));
    } else if (!are_annotations &&
               std::ranges::find(kIdentityLabels, item.key) != std::end(kIdentityLabels)) {
      Add(item.key_node,
          fmt::format("label '{}' comes from the probe's certificate; a rule cannot set it",
                      item.key));
    }
    std::string text = Text(item);
    if (of != LabelsOf::kRecording) {
      if (Status status = Template::Compile(text).status(); !status.ok()) {
        AddInside(item.value, text, status);
      }
    }
    labels.emplace_back(item.key, std::move(text));
  }
  std::ranges::sort(labels);
  return labels;
}

// The message begins with the place in the expression, `line:column: `. Finds that place in the
// file by walking over both texts and counting what is not white space: that is the same in a
// plain, a quoted and a block scalar, however it is folded and indented.
void Reader::AddInside(const YAML::Node& scalar, std::string_view value, const Status& error) {
  std::string_view message = error.message();
  message = message.substr(0, message.find('\n'));
  YAML::Mark mark = scalar.Mark();
  int line = 0;
  int column = 0;
  const char* end = message.data() + message.size();
  auto first = std::from_chars(message.data(), end, line);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') {
    Add(mark, std::string(message));
    return;
  }
  auto second = std::from_chars(first.ptr + 1, end, column);
  if (second.ec != std::errc() || end - second.ptr < 2 || second.ptr[0] != ':') {
    Add(mark, std::string(message));
    return;
  }
  message.remove_prefix(second.ptr + 2 - message.data());

  auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  // The offset of the place in the value.
  size_t offset = 0;
  for (int at = 1; at < line && offset < value.size(); ++offset) at += value[offset] == '\n';
  for (int at = 1; at < column && offset < value.size(); ++at) {
    do ++offset;
    while (offset < value.size() && is_continuation(value[offset]));
  }
  // The same place in the file.
  size_t at = std::min<size_t>(mark.pos, text_.size());
  char quote = 0;
  if (at < text_.size() && (text_[at] == '|' || text_[at] == '>')) {
    at = std::min(text_.find('\n', at), text_.size());
  } else if (at < text_.size() && (text_[at] == '"' || text_[at] == '\'')) {
    quote = text_[at++];
  }
  bool is_found = true;
  for (size_t i = 0; i <= offset && is_found; ++i) {
    bool is_last = i == offset;
    if (!is_last && is_space(value[i])) continue;
    while (at < text_.size() && is_space(text_[at])) ++at;
    if (quote == '"' && at < text_.size() && text_[at] == '\\') ++at;
    if (quote == '\'' && at + 1 < text_.size() && text_[at] == '\'' && text_[at + 1] == '\'') ++at;
    if (is_last) break;
    is_found = at < text_.size() && text_[at] == value[i];
    ++at;
  }
  if (!is_found) {
    Add(mark, std::string(message));
    return;
  }
  // An error at the end of the expression stands behind its last character, not on the line after.
  if (offset >= value.size()) {
    while (at > 0 && is_space(text_[at - 1])) --at;
  }
  size_t line_start = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
  if (mistakes_.size() >= kMaxMistakes) return;
  int file_line = 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + at, '\n'));
  int file_column = 1;
  for (size_t i = line_start; i < at; ++i) file_column += !is_continuation(text_[i]);
  mistakes_.push_back({file_, file_line, file_column, std::string(message)});
}

std::optional<promql::Expression> Reader::ReadExpression(const Field& field) {
  std::string text = Text(field);
  StatusOr<promql::Expression> expression = promql::Parse(text);
  if (expression.ok()) return *std::move(expression);
  AddInside(field.value, text, expression.status());
  return std::nullopt;
}

RuleForewarn Reader::ReadForewarn(const Field& field) {
  RuleForewarn forewarn;
  for (const Field& item : Fields(field.value, "'forewarn'", kForewarnKeys)) {
    if (item.key == "predicts") {
      forewarn.predicts = Text(item);
      if (!IsMetricName(forewarn.predicts)) {
        Add(item.value, fmt::format("'predicts' must name a series, not '{}'", forewarn.predicts));
      } else {
        YAML::Mark mark = item.value.Mark();
        predictions_.push_back({{file_, mark.line + 1, mark.column + 1, ""}, forewarn.predicts});
      }
    } else if (item.key == "warning") {
      forewarn.warning = Text(item);
      if (!IsTemplateId(forewarn.warning)) {
        Add(item.value,
            fmt::format("'warning' must be the id of a template, such as disk_will_fill, "
                        "not '{}'",
                        forewarn.warning));
      }
    } else if (item.key == "playbook") {
      forewarn.playbook = Text(item);
      if (!IsSlug(forewarn.playbook)) {
        Add(item.value, fmt::format("'playbook' must be a slug of a-z, 0-9 and -, not '{}'",
                                    forewarn.playbook));
      }
    } else if (item.key == "severity") {
      std::string text = Text(item);
      forewarn.severity = ParseSeverity(text);
      if (!forewarn.severity) {
        Add(item.value,
            fmt::format("'severity' must be info, warning, error or critical, not '{}'", text));
      }
    } else if (!item.value.IsSequence()) {
      Add(item.value, "'group_by' must be a list of label names");
    } else {
      for (const auto& name : item.value) {
        std::string label = name.IsScalar() ? name.Scalar() : "";
        if (!IsLabelName(label))
          Add(name, fmt::format("invalid label name '{}' in 'group_by'", label));
        forewarn.group_by.push_back(std::move(label));
      }
    }
  }
  return forewarn;
}

std::optional<Rule> Reader::ReadRule(const YAML::Node& node, const Attributes& group_labels) {
  size_t mistakes_before = mistakes_.size();
  std::vector<Field> fields = Fields(node, "the rule", kRuleKeys);
  if (!node.IsMap()) return std::nullopt;
  auto find = [&](std::string_view key) -> const Field* {
    auto it = std::ranges::find(fields, key, &Field::key);
    return it == fields.end() ? nullptr : &*it;
  };
  const Field* alert = find("alert");
  const Field* record = find("record");
  const Field* expr = find("expr");
  std::string name;
  if (alert != nullptr && record != nullptr) {
    Add(record->key_node, "a rule has 'alert' or 'record', not both");
  } else if (alert == nullptr && record == nullptr) {
    Add(node, "the rule has neither 'alert' nor 'record'");
  } else if (alert != nullptr) {
    name = Text(*alert);
    if (name.empty()) Add(alert->value, "'alert' must not be empty");
  } else {
    name = Text(*record);
    if (!IsMetricName(name))
      Add(record->value, fmt::format("invalid name of a recorded series: '{}'", name));
  }

  std::optional<promql::Expression> expression;
  if (expr == nullptr || (expr->value.IsScalar() && expr->value.Scalar().empty()) ||
      expr->value.IsNull()) {
    Add(expr == nullptr ? node : expr->value, "'expr' must be set in a rule");
  } else {
    expression = ReadExpression(*expr);
  }

  Duration hold_for{0};
  Duration keep_firing_for{0};
  Attributes labels;
  Attributes annotations;
  RuleForewarn forewarn;
  for (const Field& field : fields) {
    bool is_for_alerts = field.key == "for" || field.key == "keep_firing_for" ||
                         field.key == "annotations" || field.key == "forewarn";
    if (is_for_alerts && alert == nullptr && record != nullptr) {
      Add(field.key_node, fmt::format("a recording rule cannot have '{}'", field.key));
    } else if (field.key == "for") {
      hold_for = ReadDuration(field);
    } else if (field.key == "keep_firing_for") {
      keep_firing_for = ReadDuration(field);
    } else if (field.key == "labels") {
      labels = ReadLabels(field, alert != nullptr ? LabelsOf::kAlert : LabelsOf::kRecording);
    } else if (field.key == "annotations") {
      annotations = ReadLabels(field, LabelsOf::kAnnotations);
    } else if (field.key == "forewarn") {
      forewarn = ReadForewarn(field);
    }
  }
  auto has_label = [&](std::string_view label) {
    return std::ranges::find(labels, label, &Attributes::value_type::first) != labels.end();
  };
  for (const auto& [label, value] : group_labels) {
    if (!has_label(label)) labels.emplace_back(label, value);
  }
  if (forewarn.severity) {
    if (has_label("severity")) {
      Add(find("forewarn")->key_node,
          "severity is given twice, as a label and in 'forewarn'; remove one");
    }
    labels.emplace_back("severity", SeverityName(*forewarn.severity));
  }
  std::ranges::sort(labels);
  if (mistakes_.size() != mistakes_before || !expression) return std::nullopt;
  return Rule{alert != nullptr, std::move(name),   *std::move(expression), hold_for,
              keep_firing_for,  std::move(labels), std::move(annotations), std::move(forewarn)};
}

double Reader::ReadNumber(const Field& field) {
  std::string text = Text(field);
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    Add(field.value, fmt::format("'{}' is '{}', but must be a number", field.key, text));
  }
  return number;
}

void Reader::ReadForecast(const Field& field, DetectorSpec& detector) {
  bool has_series = false;
  for (const Field& item : Fields(field.value, "'forecast'", kForecastKeys)) {
    if (item.key == "series") {
      has_series = true;
      detector.selector_text = Text(item);
      std::optional<promql::Expression> expression = ReadExpression(item);
      if (!expression) continue;
      const auto* selector = promql::As<promql::Selector>(expression->root());
      if (selector == nullptr || selector->range != Duration(0) ||
          selector->shift != promql::Shift()) {
        Add(item.value, "'series' must select series by name and labels, nothing else");
      } else {
        detector.selector = selector->matchers;
      }
    } else if (item.key == "reaches") {
      detector.forecast.reaches = ReadNumber(item);
    } else {
      Duration duration = ReadDuration(item);
      if (duration <= Duration(0)) {
        Add(item.value, fmt::format("'{}' must be longer than 0s", item.key));
      }
      (item.key == "block" ? detector.forecast.block : detector.forecast.min_history) = duration;
    }
  }
  if (field.value.IsMap() && !has_series) Add(field.value, "'series' must be set in a forecast");
}

std::optional<DetectorSpec> Reader::ReadDetector(const YAML::Node& node) {
  size_t mistakes_before = mistakes_.size();
  DetectorSpec detector;
  bool has_kind = false;
  for (const Field& field : Fields(node, "the detector", kDetectorKeys)) {
    if (field.key == "record") {
      detector.record = Text(field);
      if (!IsMetricName(detector.record)) {
        Add(field.value, fmt::format("invalid name of a recorded series: '{}'", detector.record));
      } else if (!detector_names_.insert(detector.record).second) {
        Add(field.value, fmt::format("another detector records '{}' already", detector.record));
      }
    } else {
      has_kind = true;
      ReadForecast(field, detector);
    }
  }
  if (node.IsMap() && detector.record.empty()) Add(node, "the detector has no 'record'");
  if (node.IsMap() && !has_kind)
    Add(node, "the detector has no kind; 'forecast' is the one there is");
  if (mistakes_.size() != mistakes_before) return std::nullopt;
  return detector;
}

void Reader::ReadList(const Field& field, const std::function<void(const YAML::Node&)>& read) {
  if (field.value.IsNull()) return;
  if (!field.value.IsSequence()) {
    Add(field.value, fmt::format("'{}' must be a list", field.key));
    return;
  }
  for (const auto& item : field.value) read(item);
}

std::optional<RuleGroup> Reader::ReadGroup(const YAML::Node& node) {
  std::vector<Field> fields = Fields(node, "the group", kGroupKeys);
  if (!node.IsMap()) return std::nullopt;
  RuleGroup group;
  group.file = file_;
  const YAML::Node* rules = nullptr;
  const Field* name = nullptr;
  Attributes labels;
  for (const Field& field : fields) {
    if (field.key == "name") {
      name = &field;
      group.name = Text(field);
    } else if (field.key == "interval") {
      Duration interval = ReadDuration(field);
      if (interval > Duration(0)) group.interval = interval;
    } else if (field.key == "limit") {
      group.limit = ReadLimit(field);
    } else if (field.key == "query_offset") {
      group.query_offset = ReadDuration(field);
    } else if (field.key == "labels") {
      labels = ReadLabels(field, LabelsOf::kGroup);
    } else if (field.key == "rules") {
      rules = &field.value;
    }
  }
  if (group.name.empty()) {
    Add(name == nullptr ? node : name->value, "the group has no name");
  } else if (!group_names_.insert(group.name).second) {
    Add(name->value, fmt::format("the group '{}' is given twice in this file", group.name));
  }
  if (rules == nullptr || rules->IsNull()) return group;
  if (!rules->IsSequence()) {
    Add(*rules, "'rules' must be a list");
    return std::nullopt;
  }
  for (const auto& item : *rules) {
    if (std::optional<Rule> rule = ReadRule(item, labels)) group.rules.push_back(*std::move(rule));
  }
  return group;
}

void Reader::Read(RuleFiles& out, std::vector<Prediction>& predictions) {
  std::vector<RuleGroup> groups;
  std::vector<DetectorSpec> detectors;
  try {
    if (text_.size() > kMaxFileBytes) {
      Add(YAML::Mark(), fmt::format("the file has {}, but at most {} are read; split it",
                                    FormatSize(text_.size()), FormatSize(kMaxFileBytes)));
    } else {
      std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text_));
      if (documents.size() > 1) {
        Add(documents[1],
            "a rule file is one YAML document; put the second into a file of its own");
      }
      if (!documents.empty() && !documents[0].IsNull()) {
        for (const Field& field : Fields(documents[0], "the file", kFileKeys)) {
          ReadList(field, [&](const YAML::Node& item) {
            if (field.key == "detectors") {
              if (auto detector = ReadDetector(item)) detectors.push_back(*std::move(detector));
            } else if (auto group = ReadGroup(item)) {
              groups.push_back(*std::move(group));
            }
          });
        }
      }
    }
  } catch (const YAML::Exception& error) {
    Add(error.mark, fmt::format("this is not YAML: {}", error.msg));
  } catch (const std::exception& error) {
    Add(YAML::Mark(), fmt::format("this cannot be read: {}", error.what()));
  }
  std::ranges::move(groups, std::back_inserter(out.groups));
  std::ranges::move(detectors, std::back_inserter(out.detectors));
  std::ranges::move(mistakes_, std::back_inserter(out.mistakes));
  std::ranges::move(predictions_, std::back_inserter(predictions));
}

}  // namespace

std::string RuleMistake::ToString() const {
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
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

RuleFiles ParseRuleFiles(std::span<const BundleFile> files) {
  RuleFiles out;
  std::vector<Prediction> predictions;
  std::set<std::string> detector_names;
  for (const BundleFile& file : files) {
    Reader(file.path, file.text, detector_names).Read(out, predictions);
  }

  // A prediction that nobody makes would leave a warning without its time. Names are complete only
  // when every file could be read.
  if (out.mistakes.empty()) {
    std::set<std::string_view> recorded;
    for (const RuleGroup& group : out.groups) {
      for (const Rule& rule : group.rules) {
        if (!rule.alerting) recorded.insert(rule.name);
      }
    }
    for (const DetectorSpec& detector : out.detectors) recorded.insert(detector.record);
    std::vector<std::string_view> names(recorded.begin(), recorded.end());
    for (Prediction& prediction : predictions) {
      if (recorded.contains(prediction.series)) continue;
      prediction.place.message =
          fmt::format("'predicts' names '{}', which no rule records{}", prediction.series,
                      promql::Suggest(prediction.series, names));
      out.mistakes.push_back(std::move(prediction.place));
    }
  }
  if (!out.mistakes.empty()) {
    out.groups.clear();
    out.detectors.clear();
  }
  return out;
}

}  // namespace forewarn
