#include "ctl/rules_report.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ctl/print.h"
#include "rules/live/live_plan.h"
#include "rules/stale_reads.h"

namespace forewarn {
namespace {

using Tree = nlohmann::ordered_json;

// How many rules are evaluated incrementally, and what is in the way of the others.
struct Evaluators {
  explicit Evaluators(const RuleFiles& files) {
    for (const RuleGroup& group : files.groups) {
      for (const Rule& rule : group.rules) {
        std::string why;
        if (MakeLivePlan(rule.expression, &why) != nullptr) {
          ++incremental;
        } else {
          general.push_back({group, rule, std::move(why)});
        }
      }
    }
  }

  struct General {
    const RuleGroup& group;
    const Rule& rule;
    std::string why;
  };
  size_t incremental = 0;
  std::vector<General> general;

  size_t count() const { return incremental + general.size(); }
};

Tree TreeOf(const std::vector<RuleMistake>& mistakes) {
  Tree list = Tree::array();
  for (const RuleMistake& mistake : mistakes) {
    list.push_back({{"file", mistake.file},
                    {"line", mistake.line},
                    {"column", mistake.column},
                    {"message", mistake.message}});
  }
  return list;
}

}  // namespace

std::string RulesReport::Text() const {
  const Evaluators evaluators(rules);
  std::string text = fmt::format(
      "good: {} in {} of {}{}\nevaluated incrementally: {}\n", Count(evaluators.count(), "rule"),
      Count(rules.groups.size(), "group"), Count(files, "file"),
      test_files == 0 ? "" : fmt::format(", and {} of tests", Count(test_files, "file")),
      evaluators.incremental);
  if (evaluators.general.empty()) return text;
  text += "by the general evaluator, for what they have:\n";
  for (const Evaluators::General& one : evaluators.general) {
    text += fmt::format("  {}: group '{}', rule '{}': {}\n", one.group.file, one.group.name,
                        one.rule.name, one.why);
  }
  return text;
}

std::string RulesReport::Json() const {
  const Evaluators evaluators(rules);
  Tree general = Tree::array();
  for (const Evaluators::General& one : evaluators.general) {
    general.push_back({{"file", one.group.file},
                       {"group", one.group.name},
                       {"rule", one.rule.name},
                       {"why", one.why}});
  }
  Tree warnings = TreeOf(rules.warnings);
  for (const std::string& warning : FindStaleReads(rules))
    warnings.push_back({{"message", warning}});
  const Tree report = {{"files", files},
                       {"test_files", test_files},
                       {"groups", rules.groups.size()},
                       {"rules", evaluators.count()},
                       {"incremental", evaluators.incremental},
                       {"general", std::move(general)},
                       {"warnings", std::move(warnings)},
                       {"mistakes", TreeOf(rules.mistakes)}};
  return report.dump(2, ' ', false, Tree::error_handler_t::replace) + "\n";
}

}  // namespace forewarn
