#include "ctl/rule_paths.h"

#include <glob.h>
#include <sys/stat.h>

#include <utility>

#include "base/file.h"
#include "config/bundle_files.h"
#include "rules/unit_test_file.h"

namespace forewarn {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

// What lies beside the rules in a bundle's folder.
bool IsOtherBundleFile(std::string_view path) {
  return path == "customers.yaml" || path == "receivers.yaml" || path == "routes.yaml" ||
         path == "contact.yaml";
}

}  // namespace

bool IsFolder(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool IsYaml(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

StatusOr<RulePaths> ReadRulePaths(const std::vector<std::string>& paths) {
  RulePaths out;
  for (const std::string& path : paths) {
    if (!IsFolder(path)) {
      FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxFileBytes));
      if (IsUnitTestFile(text)) {
        return InvalidArgument(
            path + ": has unit tests of rules, and no rules; run it with `forewarnctl rules test`");
      }
      out.rules.push_back({path, std::move(text)});
      continue;
    }
    std::string folder = IsFolder(path + "/rules") ? path + "/rules" : path;
    FW_ASSIGN_OR_RETURN(std::vector<BundleFile> found, ReadBundleDir(folder));
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    for (BundleFile& file : found) {
      if (!IsYaml(file.path) || IsOtherBundleFile(file.path)) continue;
      std::vector<BundleFile>& kind = IsUnitTestFile(file.text) ? out.tests : out.rules;
      kind.push_back({folder + "/" + file.path, std::move(file.text)});
    }
  }
  return out;
}

std::vector<std::string> Glob(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

}  // namespace forewarn
