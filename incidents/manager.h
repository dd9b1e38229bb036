#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <map>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/incident.h"

namespace forewarn {

// IncidentManager turns alerts into incidents that a person would name, and keeps one ticket for each. A
// fold over one partition; owned by its shard; not thread-safe; no clock, no threads.
//
// An alert belongs to the open incident of the same customer, installation, rule and group labels (the
// rule's `forewarn: group_by:`, by default none, so one incident a rule and installation). Opens on firing;
// pending alerts open nothing; unknown ones keep theirs open; a firing one within the reopen window (1 h of
// event time after its ticket was resolved) reopens it, otherwise a new ticket is opened that names the old.
class IncidentManager {
 public:
  explicit IncidentManager(uint32_t partition);

  void Restore(Ticket ticket);

  // Applies the changes that are to be planned, and a TicketCommand if the entry is one. Appends to `out`
  // what came of it. Fails, changing nothing, when the command cannot be done: kNotFound, or
  // kFailedPrecondition with the state that forbids it.
  Status Apply(const Entry& entry, std::span<const AlertChange> alerts,
               std::vector<IncidentChange>& out);

  // Adds a line to a ticket's timeline, for those who come later in the shard's steps. Fills in the index.
  void AddLine(TimelineItem& line);

  const Ticket* Find(uint64_t number) const;
  const std::map<uint64_t, Ticket>& tickets() const { return tickets_; }

 private:
  const uint32_t partition_;
  uint64_t next_ = 1;  // the n of n × 64 + partition
  std::map<uint64_t, Ticket> tickets_;
};

}  // namespace forewarn
