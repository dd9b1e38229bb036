#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/telemetry.h"
#include "rules/rule_file.h"

namespace forewarn {

// RecordedNames knows what the rules and detectors of all files record, and judges what only all files
// together can tell. Not thread-safe.
class RecordedNames {
 public:
  // What is recorded, and where that is said; messages of places are empty. Of a rule with mistakes, too. `labels` are those
  // that it sets, sorted.
  void AddRule(RuleMistake place, const std::string& name, const Attributes& labels);
  // Says whether no other detector has the name.
  bool AddDetector(RuleMistake place, const std::string& name);

  // `mistake` is one unless something records `series`; with a near name of those that are. A warning where the series may
  // be one that is sent.
  void Expect(RuleMistake mistake, std::string series, bool may_be_sent = false);

  // Names are missing, since a file could not be read: from now on nothing is expected.
  void MissSome() { are_complete_ = false; }

  // Once all is known: adds what is not recorded, though it is expected.
  void FindMissing(std::vector<RuleMistake>& mistakes, std::vector<RuleMistake>& warnings) const;
  // Adds what is recorded twice: by a detector and another or a rule, a mistake; by rules that set the same labels, a
  // warning, since their expressions may give other series.
  void FindCollisions(std::vector<RuleMistake>& mistakes, std::vector<RuleMistake>& warnings) const;

 private:
  struct Expected {
    RuleMistake mistake;
    std::string series;
    bool may_be_sent = false;
  };

  struct Recorder {
    RuleMistake place;
    Attributes labels;
  };

  void FindCollisionsOf(const std::string& detector, const RuleMistake& place,
                        std::vector<RuleMistake>& mistakes) const;

  std::map<std::string, std::vector<Recorder>> rules_;
  std::map<std::string, RuleMistake> detectors_;
  std::vector<Expected> expected_;
  bool are_complete_ = true;
};

}  // namespace forewarn
