#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/incident.h"
#include "model/notification.h"

namespace forewarn {

// Planner decides who is told what. A fold over one partition; owned by its shard; not thread-safe; no
// clock, no threads. It reads as a list: who follows this step, which routes match, which silences stop it,
// one notification for each receiver that is left. It sends nothing: its results are outbox entries that are
// committed with their cause, and the dispatcher delivers them afterwards.
class Planner {
 public:
  explicit Planner(uint32_t partition) : partition_(partition) {}

  void SetBundle(const Bundle& bundle);
  void Restore(Notification notification);
  void Restore(Silence silence);

  struct Plan {
    std::vector<Notification> outbox;    // new or changed; to be stored. kWaiting ones are to be sent
    std::vector<std::string> forgotten;  // ids to remove from the store: delivered long ago
    std::vector<Silence> silences;       // new or changed
    std::vector<TimelineItem> timeline;  // lines for tickets, index not yet set
  };

  // Takes the entry (silence commands, what became of a delivery, ticks) and the incident steps that came of
  // it. `sequence` is the entry's, and makes the ids. Fails, changing nothing, when a command cannot be
  // done.
  Status Apply(const Entry& entry, uint64_t sequence, std::span<const IncidentChange> incidents,
               Plan& plan);

  const std::map<std::string, Notification>& outbox() const { return outbox_; }
  const std::map<std::string, Silence>& silences() const { return silences_; }

 private:
  const uint32_t partition_;
  Bundle bundle_;
  std::map<std::string, Notification> outbox_;
  std::map<std::string, Silence> silences_;
};

}  // namespace forewarn
