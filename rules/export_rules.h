#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/bundle.h"
#include "rules/rule_file.h"

namespace forewarn {

// A rule file for Prometheus: the text without `detectors:` and `forewarn:`, whose `severity` becomes the
// label that it stands for, and whose `thresholds` the numbers in the expression. The rest stays as it was written, comments too, where what goes takes whole
// lines; otherwise the file is written anew and has no comments. `text` has been checked.
std::string ExportForPrometheus(std::string_view text);

// What the rules need and Prometheus 2.42 does not have, one sentence each: series of a detector, and keys
// of a later version. `rules` are what the files say.
std::vector<std::string> FindUnexported(std::span<const BundleFile> files, const RuleFiles& rules);

}  // namespace forewarn
