// A rule file that loads is exported as one that loads, with the same groups and rules and nothing of ours.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "rules/export_rules.h"
#include "rules/rule_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  forewarn::RuleFiles rules = forewarn::ParseRuleFile("r.yaml", text);
  if (!rules.status().ok()) return 0;
  std::string exported = forewarn::ExportForPrometheus(text);
  if (exported.size() > 1 << 20)
    return 0;  // aliases that were written out; a file may be no larger
  forewarn::RuleFiles again = forewarn::ParseRuleFile("r.yaml", exported);
  FW_CHECK(again.status().ok());
  FW_CHECK(again.detectors.empty());
  FW_CHECK(again.groups.size() == rules.groups.size());
  for (size_t g = 0; g < rules.groups.size(); ++g) {
    const forewarn::RuleGroup& before = rules.groups[g];
    const forewarn::RuleGroup& after = again.groups[g];
    FW_CHECK(after.name == before.name && after.rules.size() == before.rules.size());
    for (size_t r = 0; r < before.rules.size(); ++r) {
      FW_CHECK(after.rules[r].name == before.rules[r].name);
      FW_CHECK(after.rules[r].labels == before.rules[r].labels);
      FW_CHECK(after.rules[r].annotations == before.rules[r].annotations);
      FW_CHECK(after.rules[r].expression.ToString() == before.rules[r].expression.ToString());
      FW_CHECK(after.rules[r].forewarn.playbook.empty());
    }
  }
  FW_CHECK(forewarn::ExportForPrometheus(exported) == exported);
  return 0;
}
