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
  // What is recorded, and where that is said; messages of places are empty. Of a rule with mistakes, too.
  void AddRule(RuleMistake place, const std::string& name);
  // Says whether no other detector has the name.
  bool AddDetector(RuleMistake place, const std::string& name);

  // `mistake` is one unless something records `series`; with a near name of those that are.
  void Expect(RuleMistake mistake, std::string series);

  // Names are missing, since a file could not be read: from now on nothing is expected.
  void MissSome() { are_complete_ = false; }

  // Adds what is wrong, once all is known.
  void Judge(std::vector<RuleMistake>& mistakes) const;

 private:
  struct Expected {
    RuleMistake mistake;
    std::string series;
  };

  std::map<std::string, std::vector<RuleMistake>> rules_;
  std::map<std::string, RuleMistake> detectors_;
  std::vector<Expected> expected_;
  bool are_complete_ = true;
};

}  // namespace forewarn
