#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_file.h"

namespace forewarn {

// What is wrong with the file `r.yaml` of this text, as people read it.
inline std::vector<std::string> MistakesOf(std::string_view text) {
  std::vector<std::string> mistakes;
  RuleFiles files = ParseRuleFile("r.yaml", text);
  EXPECT_TRUE(files.mistakes.empty() || files.groups.empty()) << "rules beside mistakes";
  for (const RuleMistake& mistake : files.mistakes) mistakes.push_back(mistake.ToString());
  return mistakes;
}

}  // namespace forewarn
