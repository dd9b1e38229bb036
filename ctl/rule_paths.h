#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/bundle.h"

namespace forewarn {

// What somebody named on the command line, read. Paths as the user would type them, for messages.
struct RulePaths {
  std::vector<BundleFile> rules;
  std::vector<BundleFile> tests;  // unit tests of rules, which may lie beside them
};

// A file that is named must be one of rules and not of unit tests. Of a folder, all *.yaml and *.yml below it, of a bundle's folder those
// below rules/; files there that have the keys of unit tests are tests.
StatusOr<RulePaths> ReadRulePaths(const std::vector<std::string>& paths);

// The files that match a path or a glob (`rules/*.yaml`), sorted; empty when none does.
std::vector<std::string> Glob(const std::string& pattern);

bool IsFolder(const std::string& path);
bool IsYaml(std::string_view path);

}  // namespace forewarn
