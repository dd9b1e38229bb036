#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/file.h"
#include "config/bundle_files.h"
#include "config/collector_settings.h"
#include "config/probe_settings.h"
#include "config/schema_yaml.h"
#include "ctl/commands.h"
#include "ctl/rule_paths.h"
#include "ctl/rules_report.h"
#include "ctl/unheard.h"
#include "notifier/catalogue.h"
#include "rules/rule_file.h"
#include "rules/stale_reads.h"
#include "rules/unit_test_file.h"

namespace forewarn {
namespace {

// Keys that the settings do not have; one that looks like a slip of theirs counts half.
int ForeignKeys(const Status& settings) {
  constexpr std::string_view kUnknown = ": unknown key '";
  int halves = 0;
  std::string_view rest = settings.message();
  for (size_t at; (at = rest.find(kUnknown)) != std::string_view::npos;) {
    rest.remove_prefix(at + kUnknown.size());
    bool is_slip = rest.substr(0, rest.find('\n')).find("did you mean") != std::string_view::npos;
    halves += is_slip ? 1 : 2;
  }
  return halves;
}

Status CheckAs(const std::string& path, const std::string& text, std::string_view kind) {
  return kind == "probe" ? ParseProbeSettings(path, text).status()
                         : ParseCollectorSettings(path, text).status();
}

// Whose keys the file has.
std::string GuessKind(const std::string& path, const std::string& text) {
  std::vector<Mistake> ignored;
  YamlNode root = ParseYaml("", text, ignored);
  if (root.Find("groups") != nullptr || root.Find("detectors") != nullptr) return "rules";
  int probe = ForeignKeys(CheckAs(path, text, "probe"));
  int collector = ForeignKeys(CheckAs(path, text, "collector"));
  if (probe != collector) return probe < collector ? "probe" : "collector";
  // Only a probe's file must have a key: this one.
  return root.Find("collector") != nullptr ? "probe" : "collector";
}

void Warn(Session& session, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) session.notes << "warning: " << warning << "\n";
}

// Each mistake with its line of one of the files.
Status ShowMistakes(const std::vector<RuleMistake>& mistakes,
                    const std::vector<BundleFile>& files) {
  std::string all;
  for (const RuleMistake& mistake : mistakes) {
    auto file = std::ranges::find(files, mistake.file, &BundleFile::path);
    if (!all.empty()) all += '\n';
    all += file == files.end() ? mistake.ToString() : mistake.Show(file->text);
  }
  return all.empty() ? OkStatus() : InvalidArgument(std::move(all));
}

// The answer in JSON is {} for a check that found nothing; mistakes are the command's failure.
void Approve(Session& session, const std::string& text) {
  session.out << (session.json ? "{}\n" : text);
}

}  // namespace

Status CheckRules(Session& session, const std::vector<std::string>& paths) {
  FW_ASSIGN_OR_RETURN(RulePaths read, ReadRulePaths(paths));
  if (read.rules.empty())
    return NotFound(
        read.tests.empty()
            ? "there are no rule files (*.yaml, *.yml) in what was named"
            : fmt::format("what was named has {} of unit tests and no rules; run them with "
                          "`forewarnctl rules test`",
                          Count(read.tests.size(), "file")));
  RuleFiles rules = CheckRuleFiles(read.rules, {WarningNames()});
  for (const BundleFile& file : read.tests) {
    for (RuleMistake& mistake : ParseUnitTestFile(file.path, file.text).mistakes)
      rules.mistakes.push_back(std::move(mistake));
  }
  std::vector<BundleFile> files = read.rules;
  files.insert(files.end(), read.tests.begin(), read.tests.end());
  const RulesReport report = {rules, read.rules.size(), read.tests.size()};
  if (session.json) {
    session.out << report.Json();
  } else {
    for (const RuleMistake& warning : rules.warnings)
      session.notes << "warning: " << warning.ToString() << "\n";
  }
  FW_RETURN_IF_ERROR(ShowMistakes(rules.mistakes, files));
  if (session.json) return OkStatus();
  Warn(session, FindStaleReads(rules));
  session.out << report.Text();
  return OkStatus();
}

Status CheckConfig(Session& session, const std::string& path, const std::string& kind) {
  if (IsFolder(path)) {
    FW_ASSIGN_OR_RETURN(std::vector<BundleFile> files, ReadBundleDir(path));
    if (files.empty()) {
      return NotFound(fmt::format(
          "{}: there is nothing in it; a bundle's folder has customers.yaml, receivers.yaml, "
          "routes.yaml, contact.yaml or rules/*.yaml",
          path));
    }
    StatusOr<Bundle> bundle = ParseBundle(files);
    std::vector<BundleFile> rule_files;
    for (const BundleFile& file : files) {
      if (file.path.starts_with("rules/") && IsYaml(file.path)) rule_files.push_back(file);
    }
    RuleFiles rules =
        CheckRuleFiles(rule_files, {WarningNames(), bundle.ok() ? &bundle->customers : nullptr});
    Status of_rules = ShowMistakes(rules.mistakes, rule_files);
    if (!bundle.ok() && !of_rules.ok()) {
      return InvalidArgument(bundle.status().message() + "\n" + of_rules.message());
    }
    FW_RETURN_IF_ERROR(bundle.status());
    FW_RETURN_IF_ERROR(of_rules);
    std::vector<std::string> warnings = FindUnheard(*bundle, RulesThatWarn(rules));
    for (const RuleMistake& warning : rules.warnings) warnings.push_back(warning.ToString());
    std::ranges::move(FindStaleReads(rules), std::back_inserter(warnings));
    Warn(session, warnings);
    Approve(session, warnings.empty() ? fmt::format("{} is a good bundle.\n", path)
                                      : fmt::format("{} can be applied, with {}.\n", path,
                                                    Count(warnings.size(), "warning")));
    return OkStatus();
  }
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 1 << 20));
  const std::string settled = kind.empty() ? GuessKind(path, text) : kind;
  if (settled == "rules") return CheckRules(session, {path});
  Status status = CheckAs(path, text, settled);
  if (!kind.empty()) {
    FW_RETURN_IF_ERROR(status);
    Approve(session, fmt::format("{} is a good file for the {}.\n", path, settled));
    return OkStatus();
  }
  std::string_view other = settled == "probe" ? "collector" : "probe";
  if (!status.ok()) {
    return {status.code(), fmt::format("{}\n(checked as settings of the {}, by its keys; --kind {} "
                                       "overrides that)",
                                       status.message(), settled, other)};
  }
  Approve(session, fmt::format("{} is a good file for the {} (the kind was guessed by its keys; "
                               "--kind {} overrides that).\n",
                               path, settled, other));
  return OkStatus();
}

}  // namespace forewarn
