#include "rules/export_rules.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/rule_paths.h"

namespace forewarn {

Status ExportRules(Session& session, const std::vector<std::string>& paths,
                   const std::string& folder) {
  namespace fs = std::filesystem;
  FW_ASSIGN_OR_RETURN(RulePaths read, ReadRulePaths(paths));
  if (read.rules.empty()) {
    return NotFound("there are no rule files (*.yaml, *.yml) in what was named");
  }
  if (folder.empty() && read.rules.size() > 1) {
    return InvalidArgument(fmt::format(
        "{} files cannot be printed as one; name a folder for them with -o", read.rules.size()));
  }
  RuleFiles rules = ParseRuleFiles(read.rules);
  FW_RETURN_IF_ERROR(rules.status());
  for (const std::string& sentence : FindUnexported(read.rules, rules))
    session.notes << "warning: " << sentence << "\n";
  if (folder.empty()) {
    session.out << ExportForPrometheus(read.rules.front().text);
    return OkStatus();
  }
  // All names first, so that nothing is written when one of them will not do.
  std::map<std::string, const BundleFile*> targets;
  for (const BundleFile& file : read.rules) {
    std::string target = (fs::path(folder) / fs::path(file.path).filename()).string();
    std::error_code ignored;
    if (fs::equivalent(target, file.path, ignored)) {
      return InvalidArgument(
          fmt::format("{} would be overwritten by its export; name another folder", file.path));
    }
    auto [other, is_new] = targets.emplace(target, &file);
    if (!is_new) {
      return InvalidArgument(fmt::format("{} and {} have the same name; export them to two folders",
                                         other->second->path, file.path));
    }
  }
  FW_RETURN_IF_ERROR(MakeDirs(folder));
  for (const auto& [target, file] : targets) {
    FW_RETURN_IF_ERROR(WriteFileAtomically(target, ExportForPrometheus(file->text)));
    session.notes << target << "\n";
  }
  if (session.json) session.out << "{}\n";
  return OkStatus();
}

}  // namespace forewarn
