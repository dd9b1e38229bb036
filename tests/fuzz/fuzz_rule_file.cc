// Rule files are text by other people: every one is either read or refused with at least one
// mistake that has a place inside it; what was read can be prepared and planned.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "rules/rule_file.h"
#include "rules/stale_reads.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  forewarn::RuleFiles files = forewarn::ParseRuleFile("r.yaml", text);
  FW_CHECK(files.status().ok() == files.mistakes.empty());
  FW_CHECK(files.mistakes.empty() || files.groups.empty());
  for (const forewarn::RuleMistake& mistake : files.mistakes) {
    FW_CHECK(mistake.line >= 1 && mistake.column >= 1);
    FW_CHECK(!mistake.message.empty());
  }
  if (files.mistakes.empty())
    forewarn::FindStaleReads(std::move(files));  // prepares and plans them
  return 0;
}
