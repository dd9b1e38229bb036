#include "rules/recorded_names.h"

#include <utility>

#include "rules/promql/position.h"

namespace forewarn {

void RecordedNames::AddRule(RuleMistake place, const std::string& name) {
  rules_[name].push_back(std::move(place));
}

bool RecordedNames::AddDetector(RuleMistake place, const std::string& name) {
  return detectors_.try_emplace(name, std::move(place)).second;
}

void RecordedNames::Expect(RuleMistake mistake, std::string series) {
  expected_.push_back({std::move(mistake), std::move(series)});
}

void RecordedNames::Judge(std::vector<RuleMistake>& mistakes) const {
  if (!are_complete_) return;
  std::vector<std::string_view> names;
  for (const auto& [name, places] : rules_) names.push_back(name);
  for (const auto& [name, place] : detectors_) names.push_back(name);
  for (const Expected& expected : expected_) {
    if (rules_.contains(expected.series) || detectors_.contains(expected.series)) continue;
    RuleMistake mistake = expected.mistake;
    mistake.message += promql::Suggest(expected.series, names);
    mistakes.push_back(std::move(mistake));
  }
}

}  // namespace forewarn
