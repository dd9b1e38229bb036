#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "incidents/manager.h"
#include "model/alert.h"
#include "model/commit.h"
#include "model/notification.h"
#include "tests/scenario/scenario.h"

namespace forewarn {

inline constexpr Timestamp kStoryStart =
    FromMillis(1'772'409'600'000);  // 2026-03-02T00:00:00Z, on every grid

// Who saw what came of a story, commit by commit, and can say whether that is what was to be.
class Witness {
 public:
  void Remember(const Commit& commit);

  // Whether it is so now; `incidents` are those of the shard as it is. A failure shows the story so far.
  Status Check(const ScenarioExpectation& expectation, const IncidentManager& incidents) const;
  // Whether it has never been so.
  Status CheckNever(const ScenarioExpectation& expectation, const IncidentManager& incidents) const;

  // Everything that happened, one line each.
  const std::vector<std::string>& history() const { return history_; }
  // The latest of each message.
  const std::map<std::string, Notification>& messages() const { return messages_; }

 private:
  size_t CountMessages(Audience audience, DeliveryState state) const;
  std::string Seen() const;

  std::vector<AlertChange> changes_;
  std::map<Fingerprint, Alert> alerts_;  // the latest of each that ever was
  std::map<std::string, Notification> messages_;
  std::vector<std::string> history_;
};

// The newest ticket of a rule, or of any when it is empty; null when there is none.
const Ticket* NewestTicket(const IncidentManager& incidents, const std::string& rule);

}  // namespace forewarn
