#include "rules/unit_test_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "rules/promql/number.h"
#include "rules/rule_reader.h"
#include "rules/rule_yaml.h"

namespace forewarn {
namespace {

constexpr std::string_view kFileKeys[] = {"rule_files", "evaluation_interval", "group_eval_order",
                                          "tests"};
constexpr std::string_view kTestKeys[] = {"name",
                                          "interval",
                                          "input_series",
                                          "alert_rule_test",
                                          "promql_expr_test",
                                          "external_labels",
                                          "external_url"};
constexpr std::string_view kSeriesKeys[] = {"series", "values"};
constexpr std::string_view kAlertTestKeys[] = {"eval_time", "alertname", "exp_alerts"};
constexpr std::string_view kAlertKeys[] = {"exp_labels", "exp_annotations"};
constexpr std::string_view kExpressionTestKeys[] = {"expr", "eval_time", "exp_samples"};
constexpr std::string_view kSampleKeys[] = {"labels", "value"};

// A few letters may stand for a million values. After so many series in which they were wrong, and after the first that is
// too much for the file, they are not read any more.
constexpr size_t kBadSeriesMax = 100;

// A number as YAML writes it; the words Inf and NaN are texts there.
std::optional<double> ParseYamlNumber(std::string_view text) {
  bool is_negative = text.starts_with('-');
  std::string_view magnitude = text.substr(is_negative || text.starts_with('+') ? 1 : 0);
  double value = 0;
  if (magnitude == ".inf" || magnitude == ".Inf" || magnitude == ".INF") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    if (magnitude.empty() || (magnitude[0] != '.' && (magnitude[0] < '0' || magnitude[0] > '9'))) {
      return std::nullopt;
    }
    std::string digits(magnitude);
    std::erase(digits, '_');
    StatusOr<double> parsed = promql::ParseNumber(digits);
    if (!parsed.ok()) return std::nullopt;
    value = *parsed;
  }
  return is_negative ? -value : value;
}

// Reads one file. Not thread-safe.
class Reader {
 public:
  Reader(const std::string& path, std::string_view text)
      : text_(text), reader_(path, text, nullptr) {}

  UnitTestFile Read() {
    ParsedRuleYaml yaml = ParseRuleYaml(text_);
    if (!yaml.mistake.empty()) {
      reader_.Add(yaml.place, yaml.mistake);
    } else if (!yaml.root.is_null()) {
      ReadFile(yaml.root);
    }
    if (reader_.mistakes().empty()) return std::move(out_);
    UnitTestFile refused;
    refused.mistakes = reader_.mistakes();
    return refused;
  }

 private:
  void ReadFile(const RuleYaml& root) {
    const RuleField* tests = nullptr;
    std::vector<RuleField> fields = reader_.Fields(root, "the file", kFileKeys);
    for (const RuleField& field : fields) {
      if (field.key == "rule_files") {
        reader_.ReadList(field, [&](const RuleYaml& item) {
          out_.rule_files.push_back(ReadWord(item, "a rule file"));
        });
      } else if (field.key == "evaluation_interval") {
        Duration interval = ReadDuration(field);
        if (interval > Duration(0)) out_.evaluation_interval = interval;
      } else if (field.key == "group_eval_order") {
        ReadOrder(field);
      } else {
        tests = &field;
      }
    }
    if (tests == nullptr) return;
    reader_.ReadList(*tests, [&](const RuleYaml& item) { ReadTest(item); });
  }

  void ReadOrder(const RuleField& field) {
    std::set<std::string> seen;
    reader_.ReadList(field, [&](const RuleYaml& item) {
      std::string group = ReadWord(item, "a group's name");
      if (!seen.insert(group).second) {
        reader_.Add(item, fmt::format("the group '{}' is given twice in '{}'", group, field.key));
      }
      out_.group_eval_order.push_back(std::move(group));
    });
  }

  void ReadTest(const RuleYaml& node) {
    UnitTest test;
    test.interval = out_.evaluation_interval;
    for (const RuleField& field : reader_.Fields(node, "the test", kTestKeys)) {
      if (field.key == "name") {
        test.name = reader_.Text(field);
      } else if (field.key == "interval") {
        Duration interval = ReadDuration(field);
        if (interval > Duration(0)) test.interval = interval;
      } else if (field.key == "input_series") {
        reader_.ReadList(field, [&](const RuleYaml& item) { ReadSeries(item, test); });
      } else if (field.key == "alert_rule_test") {
        reader_.ReadList(field, [&](const RuleYaml& item) { ReadAlertTest(item, test); });
      } else if (field.key == "promql_expr_test") {
        reader_.ReadList(field, [&](const RuleYaml& item) { ReadExpressionTest(item, test); });
      } else if (field.key == "external_labels") {
        for (auto& [name, value] : ReadTexts(field)) test.external_labels.Set(name, value);
      } else {
        test.external_url = reader_.Text(field);
      }
    }
    out_.tests.push_back(std::move(test));
  }

  void ReadSeries(const RuleYaml& node, UnitTest& test) {
    NotedSeries series;
    bool has_series = false;
    for (const RuleField& field : reader_.Fields(node, "the input series", kSeriesKeys)) {
      std::string text = reader_.Text(field);
      if (field.key == "series") {
        has_series = true;
        if (std::optional<Labels> labels = ReadSeriesLabels(field)) series.labels = *labels;
        continue;
      }
      if (has_too_many_values_ || bad_series_ == kBadSeriesMax) continue;
      StatusOr<std::vector<std::optional<double>>> values = ParseSeriesValues(text);
      if (!values.ok()) {
        ++bad_series_;
        reader_.AddInside(*field.value, text, values.status());
      } else if (values_ + values->size() > kMaxUnitTestValues) {
        has_too_many_values_ = true;
        reader_.Add(
            *field.value,
            fmt::format("the series of a file may have at most {} values together; split it",
                        kMaxUnitTestValues));
      } else {
        values_ += values->size();
        series.values = *std::move(values);
      }
    }
    if (node.is_map() && !has_series) reader_.Add(node, "the input series has no 'series'");
    test.input_series.push_back(std::move(series));
  }

  void ReadAlertTest(const RuleYaml& node, UnitTest& test) {
    AlertTest alert_test;
    const RuleField* alerts = nullptr;
    std::vector<RuleField> fields = reader_.Fields(node, "the alert_rule_test", kAlertTestKeys);
    for (const RuleField& field : fields) {
      if (field.key == "eval_time") {
        alert_test.eval_time = ReadDuration(field);
      } else if (field.key == "alertname") {
        alert_test.alertname = reader_.Text(field);
      } else {
        alerts = &field;
      }
    }
    if (node.is_map() && alert_test.alertname.empty()) {
      reader_.Add(node, "the alert_rule_test has no 'alertname'");
    }
    if (alerts != nullptr) {
      reader_.ReadList(*alerts, [&](const RuleYaml& item) {
        alert_test.alerts.push_back(ReadAlert(item, alert_test.alertname));
      });
    }
    test.alert_tests.push_back(std::move(alert_test));
  }

  ExpectedAlert ReadAlert(const RuleYaml& node, const std::string& alertname) {
    ExpectedAlert alert;
    for (const RuleField& field : reader_.Fields(node, "the expected alert", kAlertKeys)) {
      (field.key == "exp_labels" ? alert.labels : alert.annotations) = ReadTexts(field);
    }
    // People give the rule's labels; this one comes from its name.
    std::erase_if(alert.labels, [](const auto& label) { return label.first == "alertname"; });
    alert.labels.emplace_back("alertname", alertname);
    std::ranges::sort(alert.labels);
    return alert;
  }

  void ReadExpressionTest(const RuleYaml& node, UnitTest& test) {
    Duration eval_time{0};
    std::string text;
    std::optional<promql::Expression> expression;
    std::vector<ExpectedSample> samples;
    bool has_expression = false;
    for (const RuleField& field :
         reader_.Fields(node, "the promql_expr_test", kExpressionTestKeys)) {
      if (field.key == "expr") {
        has_expression = true;
        text = reader_.Text(field);
        expression = reader_.ReadExpression(field);
      } else if (field.key == "eval_time") {
        eval_time = ReadDuration(field);
      } else {
        reader_.ReadList(field, [&](const RuleYaml& item) { samples.push_back(ReadSample(item)); });
      }
    }
    if (node.is_map() && !has_expression) reader_.Add(node, "the promql_expr_test has no 'expr'");
    if (!expression) return;
    test.expression_tests.push_back(
        {eval_time, std::move(text), *std::move(expression), std::move(samples)});
  }

  ExpectedSample ReadSample(const RuleYaml& node) {
    ExpectedSample sample;
    for (const RuleField& field : reader_.Fields(node, "the expected sample", kSampleKeys)) {
      if (field.key == "labels") {
        if (reader_.Text(field).empty()) continue;  // no labels
        if (std::optional<Labels> labels = ReadSeriesLabels(field)) sample.labels = *labels;
        continue;
      }
      if (field.value->is_null()) continue;
      std::optional<double> value;
      if (field.value->is_scalar() && !IsQuoted(*field.value))
        value = ParseYamlNumber(field.value->text);
      if (value) {
        sample.value = *value;
      } else {
        reader_.Add(*field.value, "'value' must be a number, such as 1, 2.5e6, .inf or .nan");
      }
    }
    return sample;
  }

  std::optional<Labels> ReadSeriesLabels(const RuleField& field) {
    std::string text = reader_.Text(field);
    StatusOr<Labels> labels = ParseSeriesLabels(text);
    if (labels.ok()) return *std::move(labels);
    reader_.AddInside(*field.value, text, labels.status());
    return std::nullopt;
  }

  // Names and texts, sorted by name.
  Attributes ReadTexts(const RuleField& field) {
    Attributes texts;
    if (field.value->is_null()) return texts;
    for (const RuleField& item : reader_.Fields(*field.value, fmt::format("'{}'", field.key), {}))
      texts.emplace_back(item.key, reader_.Text(item));
    std::ranges::sort(texts);
    return texts;
  }

  // As promtool does: what is not written is 0, and an empty text is no duration.
  Duration ReadDuration(const RuleField& field) {
    if (field.value->is_scalar() && field.value->text.empty()) {
      reader_.Add(*field.value,
                  fmt::format("'{}' is empty; write a duration such as 5m", field.key));
      return Duration(0);
    }
    return reader_.ReadDuration(field);
  }

  std::string ReadWord(const RuleYaml& node, std::string_view what) {
    if (node.is_scalar()) return node.text;
    reader_.Add(node, fmt::format("{} must be a text", what));
    return "";
  }

  bool IsQuoted(const RuleYaml& scalar) const {
    if (scalar.place.offset >= text_.size()) return false;
    return std::string_view("\"'|>").find(text_[scalar.place.offset]) != std::string_view::npos;
  }

  const std::string_view text_;
  RuleReader reader_;
  UnitTestFile out_;
  size_t values_ = 0;
  bool has_too_many_values_ = false;
  size_t bad_series_ = 0;  // whose values are none
};

}  // namespace

Status UnitTestFile::status() const {
  RuleFiles files;
  files.mistakes = mistakes;
  return files.status();
}

UnitTestFile ParseUnitTestFile(const std::string& path, std::string_view text) {
  return Reader(path, text).Read();
}

bool IsUnitTestFile(std::string_view text) {
  auto has = [root = ParseRuleYaml(text).root](std::string_view key) {
    return std::ranges::any_of(root.pairs,
                               [&](const RuleYaml::Pair& pair) { return pair.key.text == key; });
  };
  return !has("groups") && (has("tests") || has("rule_files"));
}

}  // namespace forewarn
