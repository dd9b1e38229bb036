#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "config/bundle_files.h"
#include "config/collector_settings.h"
#include "config/probe_settings.h"
#include "config/schema_yaml.h"
#include "ctl/commands.h"
#include "ctl/unheard.h"
#include "notifier/catalogue.h"
#include "rules/rule_file.h"

namespace forewarn {
namespace {

bool IsFolder(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool IsYaml(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

// What lies beside the rules in a bundle's folder.
bool IsOtherBundleFile(std::string_view path) {
  return path == "customers.yaml" || path == "receivers.yaml" || path == "routes.yaml" ||
         path == "contact.yaml";
}

// Paths as the user would type them, for messages.
Status AddRuleFiles(const std::string& path, std::vector<BundleFile>& files) {
  if (!IsFolder(path)) {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 16 << 20));
    files.push_back({path, std::move(text)});
    return OkStatus();
  }
  // Of a bundle's folder only what lies below rules/ is rules.
  std::string folder = IsFolder(path + "/rules") ? path + "/rules" : path;
  FW_ASSIGN_OR_RETURN(std::vector<BundleFile> found, ReadBundleDir(folder));
  for (BundleFile& file : found) {
    if (IsYaml(file.path) && !IsOtherBundleFile(file.path))
      files.push_back({folder + "/" + file.path, std::move(file.text)});
  }
  return OkStatus();
}

// `1 group`, `2 groups`.
std::string Count(size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

size_t CountRules(const RuleFiles& files) {
  size_t rules = 0;
  for (const RuleGroup& group : files.groups) rules += group.rules.size();
  return rules;
}

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

// The answer in JSON is {} for a check that found nothing; mistakes are the command's failure.
void Approve(Session& session, const std::string& text) {
  session.out << (session.json ? "{}\n" : text);
}

}  // namespace

Status CheckRules(Session& session, const std::vector<std::string>& paths) {
  std::vector<BundleFile> files;
  for (const std::string& path : paths) FW_RETURN_IF_ERROR(AddRuleFiles(path, files));
  if (files.empty()) return NotFound("there are no rule files (*.yaml, *.yml) in what was named");
  RuleFiles rules = CheckRuleFiles(files, {WarningNames()});
  FW_RETURN_IF_ERROR(rules.status());
  Approve(session, fmt::format("good: {} in {} of {}\n", Count(CountRules(rules), "rule"),
                               Count(rules.groups.size(), "group"), Count(files.size(), "file")));
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
    RuleFiles rules = CheckRuleFiles(rule_files, {WarningNames()});
    if (!bundle.ok() && !rules.status().ok()) {
      return InvalidArgument(bundle.status().message() + "\n" + rules.status().message());
    }
    FW_RETURN_IF_ERROR(bundle.status());
    FW_RETURN_IF_ERROR(rules.status());
    std::vector<std::string> unheard = FindUnheard(*bundle, RulesThatWarn(rules));
    for (const std::string& one : unheard) session.notes << "warning: " << one << "\n";
    Approve(session, unheard.empty() ? fmt::format("{} is a good bundle.\n", path)
                                     : fmt::format("{} can be applied, with {}.\n", path,
                                                   Count(unheard.size(), "warning")));
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
