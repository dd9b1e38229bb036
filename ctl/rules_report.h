#pragma once

#include <cstddef>
#include <string>

#include "rules/rule_file.h"

namespace forewarn {

// What `rules check` says of rules that it has read.
struct RulesReport {
  const RuleFiles& rules;  // a loan
  size_t files = 0;
  size_t test_files = 0;  // that lie beside them

  // For people, of rules without mistakes: how many there are, and how they are evaluated.
  std::string Text() const;

  // For programs, with mistakes or without:
  //   {"files": 1, "test_files": 0, "groups": 1, "rules": 2, "incremental": 1,
  //    "general": [{"file": …, "group": …, "rule": …, "why": …}],
  //    "warnings": [{"file": …, "line": 5, "column": 3, "message": …}], "mistakes": […]}
  // With a mistake there are no groups. A warning about several rules has only a message.
  std::string Json() const;
};

}  // namespace forewarn
