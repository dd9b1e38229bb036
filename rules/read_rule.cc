#include "rules/read_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/ids.h"
#include "model/incident.h"
#include "model/labels.h"
#include "rules/promql/flaws.h"
#include "rules/promql/position.h"
#include "rules/read_customers.h"
#include "rules/read_thresholds.h"
#include "rules/template.h"

namespace forewarn {
namespace {

constexpr std::string_view kRuleKeys[] = {"alert",  "record",      "expr",     "for",
                                          "labels", "annotations", "forewarn", "keep_firing_for"};
constexpr std::string_view kForewarnKeys[] = {"predicts",  "warning",    "playbook",
                                              "group_by",  "severity",   "shadow",
                                              "customers", "thresholds", "overrides"};

// Attached by intake to all that a customer sends; a rule that could set them could cross
// customers.
constexpr std::string_view kIdentityLabels[] = {"customer", "installation", "probe"};

constexpr std::string_view kSeverities[] = {"info", "warning", "error", "critical"};
constexpr std::string_view kWarningPrefix = "warning.";  // a rule may write it or not

enum class LabelsOf { kGroup, kRecording, kAlert, kAnnotations };

bool IsTemplateId(std::string_view id) {
  return !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// A label that is nearly a severity: the ticket would have another one than was meant.
void CheckSeverity(const RuleField& field, const std::string& severity, RuleReader& reader) {
  if (reader.checks() == nullptr || ParseSeverity(severity)) return;
  std::string suggestion = promql::Suggest(severity, kSeverities);
  if (suggestion.empty()) return;
  reader.Add(*field.value, fmt::format("unknown severity '{}'{}", severity, suggestion));
}

void CheckWarning(const RuleField& field, std::string_view warning, RuleReader& reader) {
  if (reader.checks() == nullptr) return;
  const std::vector<std::string>& known = reader.checks()->warnings;
  if (warning.starts_with(kWarningPrefix)) warning.remove_prefix(kWarningPrefix.size());
  if (std::ranges::find(known, warning) != known.end()) return;
  std::vector<std::string_view> names(known.begin(), known.end());
  std::string suggestion = promql::Suggest(warning, names);
  if (suggestion.empty()) suggestion = fmt::format("; there is {}", fmt::join(names, ", "));
  reader.Add(*field.value,
             fmt::format("there is no text '{}' for customers{}", warning, suggestion));
}

Attributes ReadLabels(const RuleField& field, LabelsOf of, RuleReader& reader) {
  Attributes labels;
  bool are_annotations = of == LabelsOf::kAnnotations;
  if (field.value->is_null()) return labels;
  std::string_view what = are_annotations ? "annotation" : "label";
  for (const RuleField& item : reader.Fields(*field.value, fmt::format("'{}'", field.key), {})) {
    if (!IsLabelName(item.key) || (!are_annotations && item.key == kMetricName)) {
      reader.Add(*item.key_node, fmt::format("invalid {} name '{}'", what, item.key));
    } else if (!are_annotations &&
               std::ranges::find(kIdentityLabels, item.key) != std::end(kIdentityLabels)) {
      reader.Add(*item.key_node,
                 fmt::format("label '{}' comes from the probe's certificate; a rule cannot set it",
                             item.key));
    }
    std::string text = reader.Text(item);
    if (of != LabelsOf::kRecording) {
      if (Status status = Template::Compile(text).status(); !status.ok()) {
        reader.AddInside(*item.value, text, status);
      }
    }
    if (item.key == "severity" && (of == LabelsOf::kGroup || of == LabelsOf::kAlert)) {
      CheckSeverity(item, text, reader);
    }
    labels.emplace_back(item.key, std::move(text));
  }
  std::ranges::sort(labels);
  return labels;
}

// What needs the whole rule to be read is put into `later`.
RuleForewarn ReadForewarn(const RuleField& field, RuleReader& reader, RecordedNames& names,
                          std::vector<RuleField>& later) {
  RuleForewarn forewarn;
  for (const RuleField& item : reader.Fields(*field.value, "'forewarn'", kForewarnKeys)) {
    if (item.key == "predicts") {
      forewarn.predicts = reader.Text(item);
      if (!IsMetricName(forewarn.predicts)) {
        reader.Add(*item.value,
                   fmt::format("'predicts' must name a series, not '{}'", forewarn.predicts));
      } else {
        names.Expect(
            reader.At(item.value->place, fmt::format("'predicts' names '{}', which no rule records",
                                                     forewarn.predicts)),
            forewarn.predicts);
      }
    } else if (item.key == "warning") {
      forewarn.warning = reader.Text(item);
      if (!IsTemplateId(forewarn.warning)) {
        reader.Add(*item.value,
                   fmt::format("'warning' must be the id of a template, such as disk_will_fill, "
                               "not '{}'",
                               forewarn.warning));
      } else {
        CheckWarning(item, forewarn.warning, reader);
      }
    } else if (item.key == "playbook") {
      forewarn.playbook = reader.Text(item);
      if (!IsSlug(forewarn.playbook)) {
        reader.Add(*item.value, fmt::format("'playbook' must be a slug of a-z, 0-9 and -, not '{}'",
                                            forewarn.playbook));
      }
    } else if (item.key == "severity") {
      std::string text = reader.Text(item);
      forewarn.severity = ParseSeverity(text);
      if (!forewarn.severity) {
        reader.Add(*item.value,
                   fmt::format("'severity' must be info, warning, error or critical, not '{}'{}",
                               text, promql::Suggest(text, kSeverities)));
      }
    } else if (item.key == "thresholds" || item.key == "overrides") {
      later.push_back(item);
    } else if (item.key == "customers") {
      forewarn.customers = ReadCustomers(item, reader);
    } else if (item.key == "shadow") {
      std::string text = reader.Text(item);
      forewarn.shadow = text == "true";
      if (text != "true" && text != "false") {
        reader.Add(*item.value, fmt::format("'shadow' must be true or false, not '{}'", text));
      }
    } else if (!item.value->is_list()) {
      reader.Add(*item.value, "'group_by' must be a list of label names");
    } else {
      for (const RuleYaml& name : item.value->items) {
        std::string label = name.is_scalar() ? name.text : "";
        if (!IsLabelName(label))
          reader.Add(name, fmt::format("invalid label name '{}' in 'group_by'", label));
        forewarn.group_by.push_back(std::move(label));
      }
    }
  }
  return forewarn;
}

// Nothing says whether a series is sent. One that is read and recorded may well be.
void CheckReadsItself(const promql::Expression& expression, const std::string& name,
                      const RuleField& record, RuleReader& reader) {
  for (const Matchers& selector : expression.Selectors()) {
    if (MetricOf(selector) != name) continue;
    reader.Warn(record.value->place,
                fmt::format("the rule reads '{}', which it records; if that is sent, too, what is "
                            "recorded is mixed with it or dropped",
                            name));
    return;
  }
}

// What can only fail whenever the rule is evaluated.
void CheckFlaws(const promql::Expression& expression, const RuleYaml& scalar, RuleReader& reader) {
  for (promql::Flaw& flaw : promql::FindFlaws(expression)) {
    reader.Add(reader.PlaceInside(scalar, scalar.text, flaw.begin), std::move(flaw.message));
  }
}

}  // namespace

Attributes ReadGroupLabels(const RuleField& field, RuleReader& reader) {
  return ReadLabels(field, LabelsOf::kGroup, reader);
}

std::optional<Rule> ReadRule(const RuleYaml& node, const Attributes& group_labels,
                             RuleReader& reader, RecordedNames& names) {
  size_t mistakes_before = reader.mistakes().size();
  std::vector<RuleField> fields = reader.Fields(node, "the rule", kRuleKeys);
  if (!node.is_map()) {
    names.MissSome();
    return std::nullopt;
  }
  auto find = [&](std::string_view key) -> const RuleField* {
    auto it = std::ranges::find(fields, key, &RuleField::key);
    return it == fields.end() ? nullptr : &*it;
  };
  const RuleField* alert = find("alert");
  const RuleField* record = find("record");
  const RuleField* expr = find("expr");
  std::string name;
  if (alert != nullptr && record != nullptr) {
    reader.Add(*record->key_node, "a rule has 'alert' or 'record', not both");
  } else if (alert == nullptr && record == nullptr) {
    names.MissSome();
    reader.Add(node, "the rule has neither 'alert' nor 'record'");
  } else if (alert != nullptr) {
    name = reader.Text(*alert);
    const bool is_text = alert->value->is_scalar() || alert->value->is_null();
    if (name.empty() && is_text) reader.Add(*alert->value, "'alert' must not be empty");
  } else {
    name = reader.Text(*record);
    const bool is_text = record->value->is_scalar() || record->value->is_null();
    if (!IsMetricName(name) && is_text) {
      reader.Add(*record->value, fmt::format("invalid name of a recorded series: '{}'", name));
    }
  }

  std::optional<promql::Expression> expression;
  if (expr == nullptr || (expr->value->is_scalar() && expr->value->text.empty()) ||
      expr->value->is_null()) {
    reader.Add(expr == nullptr ? node : *expr->value, "'expr' must be set in a rule");
  } else {
    expression = reader.ReadExpression(*expr);
    if (expression && reader.checks() != nullptr) CheckFlaws(*expression, *expr->value, reader);
  }

  Duration hold_for{0};
  Duration keep_firing_for{0};
  Attributes labels;
  Attributes annotations;
  RuleForewarn forewarn;
  std::vector<RuleField> thresholds;
  for (const RuleField& field : fields) {
    bool is_for_alerts = field.key == "for" || field.key == "keep_firing_for" ||
                         field.key == "annotations" || field.key == "forewarn";
    if (is_for_alerts && alert == nullptr && record != nullptr) {
      reader.Add(
          *field.key_node,
          fmt::format("a recording rule cannot have '{}'{}", field.key,
                      field.key == "forewarn" ? "; it is for everybody and warns nobody" : ""));
    } else if (field.key == "for") {
      hold_for = reader.ReadDuration(field);
    } else if (field.key == "keep_firing_for") {
      keep_firing_for = reader.ReadDuration(field);
    } else if (field.key == "labels") {
      labels =
          ReadLabels(field, alert != nullptr ? LabelsOf::kAlert : LabelsOf::kRecording, reader);
    } else if (field.key == "annotations") {
      annotations = ReadLabels(field, LabelsOf::kAnnotations, reader);
    } else if (field.key == "forewarn") {
      forewarn = ReadForewarn(field, reader, names, thresholds);
    }
  }
  if (expression) {
    const bool may_be_sent = find("forewarn") == nullptr;
    ReadThresholds(thresholds, *expr, *expression, forewarn.overrides, may_be_sent, reader, names);
  }
  auto has_label = [&](std::string_view label) {
    return std::ranges::find(labels, label, &Attributes::value_type::first) != labels.end();
  };
  for (const auto& [label, value] : group_labels) {
    if (!has_label(label)) labels.emplace_back(label, value);
  }
  if (forewarn.severity) {
    if (has_label("severity")) {
      reader.Add(*find("forewarn")->key_node,
                 "severity is given twice, as a label and in 'forewarn'; remove one");
    }
    labels.emplace_back("severity", SeverityName(*forewarn.severity));
  }
  std::ranges::sort(labels);
  if (record != nullptr && IsMetricName(name)) {
    names.AddRule(reader.At(record->value->place, ""), name, labels);
    if (expression) CheckReadsItself(*expression, name, *record, reader);
  }
  if (reader.mistakes().size() != mistakes_before || !expression) return std::nullopt;
  return Rule{alert != nullptr, std::move(name),   *std::move(expression), hold_for,
              keep_firing_for,  std::move(labels), std::move(annotations), std::move(forewarn)};
}

}  // namespace forewarn
