#include "tests/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/file.h"
#include "base/units.h"
#include "rules/series_notation.h"

namespace forewarn {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// Cuts the first word off.
std::string_view NextWord(std::string_view& rest) {
  rest = Trim(rest);
  size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  std::string_view word = rest.substr(0, end);
  rest = Trim(rest.substr(end));
  return word;
}

bool TakeWord(std::string_view& rest, std::string_view word) {
  std::string_view copy = rest;
  if (NextWord(copy) != word) return false;
  rest = copy;
  return true;
}

// Cuts ` word VALUE` off the end, where VALUE is one word.
std::optional<std::string> TakeOption(std::string_view& text, std::string_view word) {
  size_t value_at = text.find_last_of(" \t");
  if (value_at == std::string_view::npos) return std::nullopt;
  std::string_view before = Trim(text.substr(0, value_at));
  if (!before.ends_with(word)) return std::nullopt;
  std::string_view rest = before.substr(0, before.size() - word.size());
  if (rest.empty() || (rest.back() != ' ' && rest.back() != '\t')) return std::nullopt;
  std::string value(Trim(text.substr(value_at)));
  text = Trim(rest);
  return value;
}

StatusOr<Duration> TakeDuration(std::string_view& rest) {
  std::string_view word = NextWord(rest);
  if (word == "0") return Duration(0);
  return ParseDuration(word);
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

class Parser {
 public:
  explicit Parser(const std::string& root) : root_(root) {}

  Status Line(std::string_view line, int number);
  Scenario Finish();

 private:
  Status Rules(std::string_view rest);
  Status Record(std::string_view rest);
  Status Probe(std::string_view rest);
  Status Load(std::string_view rest);
  Status Outage(std::string_view rest, bool is_spooled);
  Status Silence(std::string_view rest);
  Status At(std::string_view rest);
  Status Expect(std::string_view rest, std::optional<Duration> at);

  Status Range(std::string_view& rest, Duration& from, Duration& to);
  StatusOr<std::string> ProbeName(std::string_view& rest);

  const std::string root_;

  Scenario scenario_;
  std::string rules_yaml_;
  int line_number_ = 0;
  std::string line_;
};

Status Parser::Rules(std::string_view rest) {
  if (TakeWord(rest, "file")) {
    std::string path(NextWord(rest));
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(root_ + "/" + path));
    scenario_.rule_files.push_back({path, std::move(text)});
    return OkStatus();
  }
  size_t colon = rest.find(": ");
  size_t arrow = rest.rfind("->");
  if (colon == std::string_view::npos || arrow == std::string_view::npos || arrow < colon) {
    return InvalidArgument("a rule is 'rules NAME: EXPR … -> SEVERITY'");
  }
  std::string yaml = fmt::format("  - alert: {}\n", Trim(rest.substr(0, colon)));
  std::string_view severity = Trim(rest.substr(arrow + 2));
  std::string_view text = Trim(rest.substr(colon + 1, arrow - colon - 1));
  std::string forewarn;
  bool is_option = true;
  while (is_option) {
    is_option = false;
    for (auto [word, key] : {std::pair("for", "for"), std::pair("keep", "keep_firing_for")}) {
      if (std::optional<std::string> value = TakeOption(text, word)) {
        yaml += fmt::format("    {}: {}\n", key, *value);
        is_option = true;
      }
    }
    for (auto [word, key] : {std::pair("predicts", "predicts"), std::pair("warning", "warning"),
                             std::pair("by", "group_by")}) {
      if (std::optional<std::string> value = TakeOption(text, word)) {
        bool is_list = std::string_view(word) == "by";
        forewarn +=
            fmt::format("      {}: {}{}{}\n", key, is_list ? "[" : "", *value, is_list ? "]" : "");
        is_option = true;
      }
    }
  }
  yaml += fmt::format("    expr: {}\n    labels: {{severity: {}}}\n", Quoted(text), severity);
  if (!forewarn.empty()) yaml += "    forewarn:\n" + forewarn;
  rules_yaml_ += yaml;
  return OkStatus();
}

Status Parser::Record(std::string_view rest) {
  size_t colon = rest.find(": ");
  if (colon == std::string_view::npos)
    return InvalidArgument("a recording rule is 'record SERIES: EXPR'");
  rules_yaml_ += fmt::format("  - record: {}\n    expr: {}\n", Trim(rest.substr(0, colon)),
                             Quoted(Trim(rest.substr(colon + 1))));
  return OkStatus();
}

Status Parser::Probe(std::string_view rest) {
  ScenarioProbe probe;
  probe.name = NextWord(rest);
  if (probe.name.empty()) return InvalidArgument("a probe needs a name");
  if (TakeWord(rest, "every")) {
    FW_ASSIGN_OR_RETURN(probe.interval, TakeDuration(rest));
  }
  scenario_.probes.push_back(std::move(probe));
  return OkStatus();
}

StatusOr<std::string> Parser::ProbeName(std::string_view& rest) {
  std::string name(NextWord(rest));
  if (scenario_.probes.empty()) scenario_.probes.push_back({"a", 1min});
  if (std::ranges::find(scenario_.probes, name, &ScenarioProbe::name) == scenario_.probes.end()) {
    return InvalidArgument(fmt::format("there is no probe '{}'", name));
  }
  return name;
}

Status Parser::Load(std::string_view rest) {
  ScenarioLoad load;
  if (!TakeWord(rest, "every")) return InvalidArgument("a load is 'load every 1m SERIES VALUES…'");
  FW_ASSIGN_OR_RETURN(load.interval, TakeDuration(rest));
  if (TakeWord(rest, "on")) {
    FW_ASSIGN_OR_RETURN(load.probe, ProbeName(rest));
  }
  // The series ends at its closing brace, or at the first space when it has none.
  size_t brace = rest.find('{');
  size_t space = rest.find_first_of(" \t");
  size_t end = brace < space ? rest.find('}', brace) + 1 : space;
  if (end == 0 || end >= rest.size()) return InvalidArgument("a load needs a series and values");
  FW_ASSIGN_OR_RETURN(load.labels, ParseSeriesLabels(rest.substr(0, end)));
  FW_ASSIGN_OR_RETURN(load.values, ParseSeriesValues(Trim(rest.substr(end))));
  scenario_.loads.push_back(std::move(load));
  return OkStatus();
}

Status Parser::Range(std::string_view& rest, Duration& from, Duration& to) {
  if (!TakeWord(rest, "from")) return InvalidArgument("a range is 'from 1h to 2h'");
  FW_ASSIGN_OR_RETURN(from, TakeDuration(rest));
  if (!TakeWord(rest, "to")) return InvalidArgument("a range is 'from 1h to 2h'");
  FW_ASSIGN_OR_RETURN(to, TakeDuration(rest));
  if (to <= from) return InvalidArgument("a range ends after it begins");
  scenario_.end = std::max(scenario_.end, from);
  return OkStatus();
}

Status Parser::Outage(std::string_view rest, bool is_spooled) {
  ScenarioOutage outage;
  outage.is_spooled = is_spooled;
  FW_ASSIGN_OR_RETURN(outage.probe, ProbeName(rest));
  FW_RETURN_IF_ERROR(Range(rest, outage.from, outage.to));
  scenario_.outages.push_back(std::move(outage));
  return OkStatus();
}

Status Parser::Silence(std::string_view rest) {
  ScenarioSilence silence;
  FW_RETURN_IF_ERROR(Range(rest, silence.from, silence.to));
  while (!rest.empty()) silence.matchers.emplace_back(NextWord(rest));
  scenario_.silences.push_back(std::move(silence));
  return OkStatus();
}

Status Parser::At(std::string_view rest) {
  FW_ASSIGN_OR_RETURN(Duration at, TakeDuration(rest));
  scenario_.end = std::max(scenario_.end, at);
  using Kind = ScenarioAct::Kind;
  if (TakeWord(rest, "acknowledge")) {
    scenario_.acts.push_back({at, Kind::kAcknowledge, ""});
  } else if (TakeWord(rest, "close")) {
    scenario_.acts.push_back({at, Kind::kClose, ""});
  } else if (TakeWord(rest, "restart")) {
    scenario_.acts.push_back({at, Kind::kRestart, ""});
  } else if (TakeWord(rest, "retire")) {
    FW_ASSIGN_OR_RETURN(std::string probe, ProbeName(rest));
    scenario_.acts.push_back({at, Kind::kRetire, std::move(probe)});
  } else {
    return Expect(rest, at);
  }
  return OkStatus();
}

StatusOr<size_t> ParseCount(std::string_view word) {
  size_t count = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size()) {
    return InvalidArgument(fmt::format("'{}' is no number", word));
  }
  return count;
}

Status Parser::Expect(std::string_view rest, std::optional<Duration> at) {
  using Kind = ScenarioExpectation::Kind;
  ScenarioExpectation expectation;
  expectation.line = line_number_;
  expectation.text = line_;
  expectation.at = at;
  std::string_view subject = NextWord(rest);
  if (subject == "alert") {
    size_t brace = rest.find('{');
    size_t space = rest.find_first_of(" \t");
    size_t end = brace < space ? rest.find('}', brace) + 1 : std::min(space, rest.size());
    FW_ASSIGN_OR_RETURN(Labels labels, ParseSeriesLabels(rest.substr(0, end)));
    expectation.name = labels.name();
    expectation.labels = labels.WithoutName();
    rest = Trim(rest.substr(end));
    expectation.state = NextWord(rest);
    static constexpr std::string_view kStates[] = {"pending",  "firing", "unknown",
                                                   "resolved", "ended",  "none"};
    if (std::ranges::find(kStates, expectation.state) == std::end(kStates)) {
      return InvalidArgument(fmt::format("'{}' is no state of an alert", expectation.state));
    }
    if (TakeWord(rest, "since")) {
      FW_ASSIGN_OR_RETURN(expectation.since, TakeDuration(rest));
    }
  } else if (subject == "incident") {
    expectation.kind = Kind::kIncident;
    static constexpr std::string_view kStates[] = {"opened", "acknowledged", "resolved", "closed"};
    std::string_view word = NextWord(rest);
    if (!word.empty() && std::ranges::find(kStates, word) == std::end(kStates)) {
      expectation.name = word;
      word = NextWord(rest);
    }
    expectation.state = word;
    if (at && std::ranges::find(kStates, word) == std::end(kStates)) {
      return InvalidArgument(fmt::format("'{}' is no state of an incident", word));
    }
    if (TakeWord(rest, "tickets")) {
      FW_ASSIGN_OR_RETURN(expectation.count, ParseCount(NextWord(rest)));
    }
  } else if (subject == "tickets") {
    expectation.kind = Kind::kTickets;
    FW_ASSIGN_OR_RETURN(expectation.count, ParseCount(NextWord(rest)));
    expectation.name = NextWord(rest);
  } else if (subject == "warning" || subject == "notice") {
    std::string_view word = NextWord(rest);
    bool is_warning = subject == "warning";
    if (word == "sent") {
      expectation.kind = is_warning ? Kind::kWarningSent : Kind::kNoticeSent;
      if (!rest.empty()) {
        FW_ASSIGN_OR_RETURN(expectation.count, ParseCount(NextWord(rest)));
      }
    } else if (word == "suppressed") {
      expectation.kind = is_warning ? Kind::kWarningSuppressed : Kind::kNoticeSuppressed;
    } else {
      return InvalidArgument(fmt::format("'{}' is nothing that becomes of a message", word));
    }
  } else if (subject == "lead") {
    expectation.kind = Kind::kLead;
    expectation.is_under = TakeWord(rest, "under");
    if (!expectation.is_under && !TakeWord(rest, "over")) {
      return InvalidArgument("a lead is 'lead over 20m' or 'lead under 20m'");
    }
    FW_ASSIGN_OR_RETURN(expectation.since, TakeDuration(rest));
  } else {
    return InvalidArgument(fmt::format("'{}' is nothing that can be expected", subject));
  }
  if (!rest.empty()) return InvalidArgument(fmt::format("'{}' at the end has no meaning", rest));
  scenario_.expectations.push_back(std::move(expectation));
  return OkStatus();
}

Status Parser::Line(std::string_view line, int number) {
  line_number_ = number;
  if (line.starts_with('#')) return OkStatus();
  if (size_t comment = line.find(" #"); comment != std::string_view::npos)
    line = line.substr(0, comment);
  line = Trim(line);
  line_ = line;
  if (line.empty()) return OkStatus();
  std::string_view rest = line;
  std::string_view word = NextWord(rest);
  if (word == "rules") return Rules(rest);
  if (word == "record") return Record(rest);
  if (word == "probe") return Probe(rest);
  if (word == "load") return Load(rest);
  if (word == "cut") return Outage(rest, true);
  if (word == "down") return Outage(rest, false);
  if (word == "silence") return Silence(rest);
  if (word == "at") return At(rest);
  if (word == "never") return Expect(rest, std::nullopt);
  return InvalidArgument(fmt::format("unknown statement '{}'", word));
}

Scenario Parser::Finish() {
  if (scenario_.probes.empty()) scenario_.probes.push_back({"a", 1min});
  if (!rules_yaml_.empty()) {
    scenario_.rule_files.push_back(
        {"scenario.yaml", "groups:\n- name: scenario\n  rules:\n" + rules_yaml_});
  }
  return std::move(scenario_);
}

}  // namespace

StatusOr<Scenario> ParseScenario(const std::string& path, std::string_view text,
                                 const std::string& root) {
  Parser parser(root);
  int number = 0;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    ++number;
    FW_RETURN_IF_ERROR(
        parser.Line(text.substr(0, end), number).With(fmt::format("{}:{}", path, number)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.Finish();
}

}  // namespace forewarn
