#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/probe.h"

namespace forewarn {

// Contacts knows every probe of one partition: when it was last heard of, how far its data goes,
// and what that makes of it. A fold: entries in, changed states out. Owned by its shard; not
// thread-safe.
//
//   fresh --late_after--> late --lost_after--> lost        any arrival: fresh
//   retired: by command; stays so.                         (all on arrival time)
//   air-gapped: by its first hello, or by a person's, that says so, until one that does not; its
//   silence means nothing.
//
// A batch without numbers, from the door of another protocol, is an arrival when it ends a round: a log
// that goes on without the metrics would else hold the installation's watermark where they ended.
//
// What an entry costs depends on the probes that it changes, not on how many there are.
class Contacts {
 public:
  // How long a probe may be silent; from the bundle.
  void SetPolicy(const ContactPolicy& policy);
  void Restore(ProbeState state);

  // Whether the batch was applied before: same epoch and not a later sequence, or an older epoch.
  // Nobody can tell of a batch without numbers (epoch 0).
  bool IsDuplicate(const Batch& batch) const;

  // Takes the entry and returns the states it changed, by UUID. A batch's rounds move the
  // watermark. A hello, a batch, a retirement and a tick move the time, so each of them may find
  // other probes late or lost; any other entry, and a batch that is a duplicate, changes nothing.
  // `contact_since` of a silent probe is the moment its time ran out, whenever that was noticed.
  std::vector<ProbeState> Observe(const Entry& entry);

  // Arrival time at which the next state changes by silence alone; nothing when none will.
  std::optional<Timestamp> NextTimer() const;

  // Null when unknown.
  const ProbeState* Find(std::string_view probe) const;
  // The installation's probes that ought to be heard of and are not, late or lost, by UUID.
  std::vector<const ProbeState*> Silent(std::string_view customer,
                                        std::string_view installation) const;
  bool IsAnySilent(std::string_view customer, std::string_view installation) const;
  // Event time up to which the installation's data is complete: the minimum over its fresh probes,
  // so that a dead one stalls nobody. Nothing while no fresh probe has ended a round.
  std::optional<Timestamp> Watermark(std::string_view customer,
                                     std::string_view installation) const;
  const std::map<std::string, ProbeState, std::less<>>& all() const { return probes_; }

 private:
  struct Installation {
    std::set<std::pair<Timestamp, std::string>> fresh;  // UUIDs of those with data, by watermark
    std::set<std::string> silent;                       // UUIDs
  };

  const Installation* FindInstallation(std::string_view customer,
                                       std::string_view installation) const;
  // When silence alone changes the probe's state next; nothing when it never does.
  std::optional<Timestamp> DueOf(const ProbeState& probe) const;
  void AddToIndex(const ProbeState& probe);
  void RemoveFromIndex(const ProbeState& probe);

  ContactPolicy policy_;
  std::map<std::string, ProbeState, std::less<>> probes_;  // by UUID
  // Derived from the two.
  std::set<std::pair<Timestamp, std::string>> due_;  // UUIDs
  std::map<std::string, std::map<std::string, Installation, std::less<>>, std::less<>>
      installations_;  // by customer
};

// Whether a probe ought to be heard of and is not.
bool IsSilent(const ProbeState& probe);

}  // namespace forewarn
