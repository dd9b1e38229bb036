#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "model/commit.h"
#include "model/labels.h"
#include "model/series_source.h"
#include "store/head.h"

namespace forewarn {

// RuleResults takes what rules record with one entry, and says of what it could not keep. Lives for that entry; not
// thread-safe.
class RuleResults {
 public:
  // Loans that outlive it.
  RuleResults(Head& head, Commit& commit) : head_(head), commit_(commit) {}

  // False when the series has another value at this time, which stays: a WriteDerived. A stale marker is none, and
  // values are compared for the first kComparedMax of an entry only.
  static constexpr int kComparedMax = 100;
  bool Write(const Labels& labels, Sample sample);
  // Adds a sentence for each reason; none when everything was kept.
  void Report(std::vector<std::string>& problems) const;

 private:
  Head& head_;
  Commit& commit_;
  int compared_ = 0;
  size_t too_many_ = 0;
  std::map<std::string, size_t> unnamed_;  // samples of series that are not named, by their metric
};

}  // namespace forewarn
