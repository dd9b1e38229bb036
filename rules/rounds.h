#pragma once

#include <cstddef>
#include <cstdint>

#include "model/series_source.h"
#include "model/telemetry.h"
#include "rules/awake_rules.h"
#include "rules/conclusions.h"
#include "rules/detector_book.h"
#include "rules/rule_runner.h"
#include "rules/stream.h"

namespace forewarn {

// Rounds runs the rules of single probes, at the ends of their rounds and in order. A batch may have brought many
// rounds, or rules be much work: what the call's budget does not allow waits in the stream and is done by ticks, from
// the rule on that was the next. Detectors are told of a round when its turn comes, before its rules, and of what these
// record before the next of them. Not thread-safe.
class Rounds {
 public:
  // Rounds of a probe that may wait; of more the oldest are left out, and it says so. More than 20 hours of them at one
  // in 15 seconds.
  static constexpr size_t kWaitingMax = 5000;

  // Loans that outlive it.
  Rounds(const SeriesSource& source, StreamBook& streams, DetectorBook& detectors,
         AwakeRules& awake, RuleRunner& runner)
      : source_(source), streams_(streams), detectors_(detectors), awake_(awake), runner_(runner) {}

  // Takes the rounds that a batch ends, and runs what the budget allows.
  void Observe(EngineCall& call, const Batch& batch);
  // Runs rounds of a probe that wait.
  void Work(EngineCall& call, Stream& stream);

 private:
  // False when the budget was used up before the last rule.
  bool RunRules(EngineCall& call, Stream& stream, const Stream::Waiting& round);
  // Tells them what there is up to `end`; returns what that took.
  uint64_t TellDetectors(EngineCall& call, const Stream& stream, Timestamp end);

  const SeriesSource& source_;
  StreamBook& streams_;
  DetectorBook& detectors_;
  AwakeRules& awake_;
  RuleRunner& runner_;
};

}  // namespace forewarn
