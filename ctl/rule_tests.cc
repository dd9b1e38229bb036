#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/rule_paths.h"
#include "rules/rule_file.h"
#include "rules/unit_test_file.h"
#include "rules/unit_test_run.h"

namespace forewarn {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

// The rule files that the tests in `path` are about.
StatusOr<RuleFiles> RulesOf(const std::string& path, const UnitTestFile& tests, Session& session) {
  std::vector<BundleFile> files;
  std::set<std::string> seen;
  for (const std::string& named : tests.rule_files) {
    // An absolute path stays as it is.
    std::filesystem::path joined = std::filesystem::path(path).parent_path() / named;
    std::string pattern = joined.lexically_normal().string();
    std::vector<std::string> found = Glob(pattern);
    if (found.empty()) session.notes << "  WARNING: no file match pattern " << pattern << "\n";
    for (std::string& file : found) {
      if (!seen.insert(file).second) continue;
      FW_ASSIGN_OR_RETURN(std::string text, ReadFile(file, kMaxFileBytes));
      files.push_back({std::move(file), std::move(text)});
    }
  }
  RuleFiles rules = ParseRuleFiles(files);
  FW_RETURN_IF_ERROR(rules.status());
  return rules;
}

// What failed in one file, or why it could not be run.
StatusOr<std::vector<std::string>> RunFile(const std::string& path, Session& session) {
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxFileBytes));
  UnitTestFile file = ParseUnitTestFile(path, text);
  if (!file.status().ok() && !IsUnitTestFile(text) && ParseRuleFile(path, text).status().ok()) {
    return InvalidArgument(
        path + ": has rules, and no unit tests of them; `forewarnctl rules check` checks it");
  }
  FW_RETURN_IF_ERROR(file.status());
  FW_ASSIGN_OR_RETURN(RuleFiles rules, RulesOf(path, file, session));
  UnitTestRunner runner(std::move(rules), file.group_eval_order, file.evaluation_interval);
  for (const std::string& alert : runner.FindUnknownAlerts(file.tests)) {
    session.notes << "  WARNING: no rule of " << path << " is called " << alert << "\n";
  }
  std::vector<std::string> failures;
  for (size_t i = 0; i < file.tests.size(); ++i) {
    for (std::string& failure : runner.Run(file.tests[i], i + 1))
      failures.push_back(std::move(failure));
  }
  return failures;
}

}  // namespace

Status TestRules(Session& session, const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!IsFolder(path)) {
      files.push_back(path);
      continue;
    }
    FW_ASSIGN_OR_RETURN(RulePaths found, ReadRulePaths({path}));
    for (const BundleFile& file : found.tests) files.push_back(file.path);
  }
  if (files.empty()) return NotFound("there are no unit tests of rules in what was named");
  size_t failed = 0;
  for (const std::string& path : files) {
    std::string answer = "Unit Testing:  " + path + "\n";
    StatusOr<std::vector<std::string>> failures = RunFile(path, session);
    if (failures.ok() && failures->empty()) {
      answer += "  SUCCESS\n\n";
    } else {
      ++failed;
      answer += "  FAILED:\n";
      if (!failures.ok()) answer += failures.status().message() + "\n\n";
      if (failures.ok()) {
        for (const std::string& failure : *failures) answer += failure + "\n\n";
      }
    }
    (session.json ? session.notes : session.out) << answer;
  }
  if (failed > 0) {
    return InvalidArgument(fmt::format("{} of {} test file{} failed", failed, files.size(),
                                       files.size() == 1 ? "" : "s"));
  }
  if (session.json) session.out << "{}\n";
  return OkStatus();
}

}  // namespace forewarn
