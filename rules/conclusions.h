#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/alert.h"
#include "model/commit.h"
#include "model/labels.h"
#include "model/series_source.h"

namespace forewarn {

// Writes one result of a recording rule where later rules will find it. False when the series has another value at
// this time, which stays.
using WriteDerived = std::function<bool(const Labels& labels, Sample sample)>;

// What the rules made of one entry.
struct Conclusions {
  std::vector<AlertChange> alerts;    // in the order they came about
  std::vector<StatePut> state;        // kAlert and kRules records to keep
  std::vector<std::string> problems;  // failed evaluations, each a sentence that names the rule
};

// What one call of the engine is doing, and what has come of it so far.
struct EngineCall {
  Timestamp arrival;
  const WriteDerived* write = nullptr;  // null when nothing is evaluated
  int64_t instants_left = 0;            // of groups on the grid that it may yet run
  int64_t work_left = 0;  // as long as there is some, one more rule is begun; in samples touched
  Conclusions out;
};

}  // namespace forewarn
