#pragma once

#include <string>

#include "model/bundle.h"

namespace forewarn {

// Of one group each: one that is awake with its series, and one that always is.
inline const std::string kTwoRules = R"(groups:
- {name: g, rules: [{alert: A, expr: x > 1}]}
- {name: h, rules: [{record: r, expr: absent(y)}]}
)";

// With one file of rules, and nothing else.
inline Bundle BundleOf(const std::string& rules) {
  Bundle bundle;
  bundle.id = "00000000000000b1";
  bundle.rule_files = {{"r.yaml", rules}};
  return bundle;
}

}  // namespace forewarn
