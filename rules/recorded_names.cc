#include "rules/recorded_names.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "rules/detector.h"
#include "rules/promql/position.h"

namespace forewarn {
namespace {

// A near name is looked for among all names, which takes long; so many are enough to work through.
constexpr size_t kMaxMissing = 100;

}  // namespace

void RecordedNames::AddRule(RuleMistake place, const std::string& name, const Attributes& labels) {
  rules_[name].push_back({std::move(place), labels});
}

bool RecordedNames::AddDetector(RuleMistake place, const std::string& name) {
  return detectors_.try_emplace(name, std::move(place)).second;
}

void RecordedNames::Expect(RuleMistake mistake, std::string series, bool may_be_sent) {
  expected_.push_back({std::move(mistake), std::move(series), may_be_sent});
}

void RecordedNames::FindMissing(std::vector<RuleMistake>& mistakes,
                                std::vector<RuleMistake>& warnings) const {
  if (!are_complete_) return;
  std::vector<std::string_view> names;
  for (const auto& [name, places] : rules_) names.push_back(name);
  for (const auto& [name, place] : detectors_) names.push_back(name);
  size_t missing = 0;
  for (const Expected& expected : expected_) {
    if (rules_.contains(expected.series) || detectors_.contains(expected.series)) continue;
    if (++missing > kMaxMissing) return;
    RuleMistake mistake = expected.mistake;
    mistake.message += promql::Suggest(expected.series, names);
    (expected.may_be_sent ? warnings : mistakes).push_back(std::move(mistake));
  }
}

void RecordedNames::FindCollisionsOf(const std::string& detector, const RuleMistake& place,
                                     std::vector<RuleMistake>& mistakes) const {
  auto add = [&](RuleMistake mistake, std::string_view name) {
    mistake.message =
        fmt::format("'{}' is recorded by the detector '{}' at {}:{} too; use another name", name,
                    detector, place.file, place.line);
    mistakes.push_back(std::move(mistake));
  };
  for (const std::string_view suffix : kFindingSuffixes) {
    const std::string name = detector + std::string(suffix);
    auto other = detectors_.find(name);
    if (!suffix.empty() && other != detectors_.end()) add(other->second, name);
    auto rules = rules_.find(name);
    if (rules == rules_.end()) continue;
    for (const Recorder& rule : rules->second) add(rule.place, name);
  }
}

void RecordedNames::FindCollisions(std::vector<RuleMistake>& mistakes,
                                   std::vector<RuleMistake>& warnings) const {
  for (const auto& [name, place] : detectors_) FindCollisionsOf(name, place, mistakes);
  for (const auto& [name, recorders] : rules_) {
    std::map<Attributes, const RuleMistake*> first;
    for (const Recorder& recorder : recorders) {
      auto [it, is_new] = first.try_emplace(recorder.labels, &recorder.place);
      if (is_new) continue;
      RuleMistake& warning = warnings.emplace_back(recorder.place);
      warning.message = fmt::format(
          "'{}' is recorded with the same labels at {}:{}; where both have a value for a series, "
          "the second is dropped",
          name, it->second->file, it->second->line);
    }
  }
}

}  // namespace forewarn
