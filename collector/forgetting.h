#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "incidents/manager.h"
#include "model/audit.h"
#include "model/commit.h"
#include "model/entry.h"
#include "notifier/planner.h"

namespace forewarn {

// What people had to do with is forgotten some time after its end, in memory and in the store alike:
// tickets with their timelines, silences, and the audit. Times are arrival times. Part of the fold.

// Numbers in ids of records are padded, so that the records sort as their numbers do.
std::string NumberId(uint64_t number);

// What is kept of an entry for the audit. Commands by people are audited, and bundles, in the control partition where they
// come first; what probes and the dispatcher say is in the journal and the outbox.
std::optional<AuditRecord> AuditOf(const Entry& entry, uint32_t partition);

// AuditTrail knows of which entries an audit record is stored, and since when. Owned by its shard; not
// thread-safe.
class AuditTrail {
 public:
  // Records forgotten at once.
  static constexpr size_t kAtOnce = 1024;

  // In the order of the entries, and of their ids in the store, which is the same.
  void Add(uint64_t sequence, Timestamp at) { records_.emplace_back(sequence, at); }
  // kDataLoss for what Shard cannot have stored.
  Status Restore(std::string_view id, std::string_view record);
  // Forgets those of `before` and earlier, the oldest first, kAtOnce at most; returns their
  // sequences.
  std::vector<uint64_t> Forget(Timestamp before);
  std::optional<Timestamp> Oldest() const;

 private:
  std::deque<std::pair<uint64_t, Timestamp>> records_;
};

// Forgets what ended at `before` or earlier, a bounded number of each kind, and returns the records to
// remove.
std::vector<StatePut> ForgetWhatIsOver(Timestamp before, IncidentManager& incidents,
                                       Planner& planner, AuditTrail& audit);

// When the first of what is kept ended, or will.
std::optional<Timestamp> FirstEnd(const IncidentManager& incidents, const Planner& planner,
                                  const AuditTrail& audit);

}  // namespace forewarn
