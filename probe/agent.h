#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/time.h"
#include "probe/redact.h"
#include "probe/source.h"
#include "probe/spool.h"
#include "probe/stream.h"

namespace forewarn {

struct AgentOptions {
  Duration interval = 15s;        // between the starts of two rounds
  Duration clock_patience = 5s;   // for a handshake that measures the clock
  int64_t batch_bytes = 2 << 20;  // estimated size of one push; the protocol's limit is 4 MiB
};

struct AgentStats {
  uint64_t rounds = 0;
  Timestamp last_round;  // event time
  Duration last_duration{0};
  uint64_t append_failures = 0;
  uint64_t kept_back = 0;                            // by the allow-lists
  std::map<std::string, std::string> source_errors;  // of the last round
};

// The rounds: reads all sources, ends the series that are gone, redacts, adds what there is to say
// about the probe itself, splits to the size of a push, and spools. It does not send: Stream does.
//
// Used by one thread. The sources are its own; spool, stream, redactor and clock are loans.
class Agent {
 public:
  Agent(const AgentOptions& options, std::vector<std::unique_ptr<Source>> sources,
        const Redactor& redactor, Spool& spool, Stream& stream, const Clock& clock);

  // Whether a round may be stamped: the first one, and the one after a jump of the clock, wait a
  // little for a handshake, which says how far the clock is off. Without one it goes by the offset
  // that was measured last.
  bool Ready() const;
  // One round, now.
  void Round();

  const AgentStats& stats() const { return stats_; }

 private:
  struct SourceState {
    std::unique_ptr<Source> source;
    // Those read last time; they end when a good look finds them missing.
    std::unordered_set<SeriesName> alive;
  };

  // Reports that can be read once more go to `again`, all else to `once`.
  void ReadSource(SourceState& state, Readings& once, Readings& again);
  void AddOwnMetrics(Readings& all) const;
  // Redacts, and holds to the sizes that a collector takes.
  void Admit(Readings& readings);
  // False when some of it could not be kept.
  bool Store(Readings& once, Duration offset);
  // False when none of it was kept, and none counted as lost.
  bool StoreRepeatable(Readings& again);
  Status Append(const SpoolItem& item, Spool::IfLost if_lost = Spool::IfLost::kGone);
  int64_t PushBytes() const;

  const AgentOptions options_;
  const Redactor& redactor_;
  Spool& spool_;
  Stream& stream_;
  const Clock& clock_;
  const Duration opened_;  // monotonic

  std::vector<SourceState> sources_;
  AgentStats stats_;
};

}  // namespace forewarn
