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

  void Write(const Labels& labels, Sample sample);
  // Adds a sentence for each reason; none when everything was kept.
  void Report(std::vector<std::string>& problems) const;

 private:
  Head& head_;
  Commit& commit_;
  size_t too_many_ = 0;
  std::map<std::string, size_t> unnamed_;  // samples of series that are not named, by their metric
};

}  // namespace forewarn
