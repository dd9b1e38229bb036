#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "incidents/held_alerts.h"
#include "incidents/over_tickets.h"
#include "model/alert.h"
#include "model/entry.h"
#include "model/incident.h"

namespace forewarn {

// What makes alerts one problem: same customer, installation, rule and group labels.
Fingerprint CorrelationKey(const Alert& alert);

// IncidentManager turns alerts into incidents that a person would name, and keeps one ticket for each. A
// fold over one partition; owned by its shard; not thread-safe; no clock, no threads.
//
//   a firing alert that no ticket holds
//     joins     the open or acknowledged ticket of its key;
//     reopens   its resolved ticket, when it fires at most kReopenWindow (event time) after that problem
//               ended; late data only when the ticket was not yet resolved at its event time;
//     opens     a new ticket otherwise, which names the one before it.
//   an unknown alert stays in its ticket: silence is not recovery;
//   a resolved or ended alert leaves; the ticket that loses its last one is resolved, and `prevented` when
//   all of them were proven to be resolved before the predicted breach;
//   pending alerts open nothing.
//
// A closed ticket is final: it keeps the alerts it held until they resolve, so that what a person has
// dealt with does not come back as a new ticket while it goes on; what fires anew does.
class IncidentManager {
 public:
  static constexpr Duration kReopenWindow = 1h;
  // Lines about single alerts that one entry adds to one ticket; the others are summed up in one.
  static constexpr size_t kAlertLines = 10;
  static constexpr size_t kTextBytesMax = 16 * 1024;  // of a note or a resolution

  explicit IncidentManager(uint32_t partition);

  // Puts back what an earlier life stored. Every ticket once, in any order, before the first Apply.
  void Restore(Ticket ticket);

  // Applies the changes that are to be planned, and a TicketCommand if the entry is one. Appends to `out`
  // what came of it, a ticket's steps in their order. Fails, changing nothing, when the command cannot be
  // done: kNotFound, kInvalidArgument, or kFailedPrecondition with the state that forbids it.
  Status Apply(const Entry& entry, std::span<const AlertChange> alerts,
               std::vector<IncidentChange>& out);

  // Adds a line to a ticket's timeline, for those who come later in the shard's steps: fills in the index.
  // The ticket has changed with it. There is such a ticket.
  void AddLine(TimelineItem& line);

  // The ticket that is over longest and may be forgotten. The newest of all stays, since the number of
  // the next follows from it.
  std::optional<OverTickets::Over> FirstOver() const;
  // Forgets FirstOver(), whose number this is, and returns it as it was.
  Ticket Forget(uint64_t number);

  // Null when there is none.
  const Ticket* Find(uint64_t number) const;
  const std::map<uint64_t, Ticket>& tickets() const { return tickets_; }

 private:
  // What one Apply has done so far: its results, and where each ticket's newest is.
  struct Work;

  Status Command(const TicketCommand& command, Work& work);
  // The newest ticket of the key; null when there is none.
  Ticket* Newest(Fingerprint key);
  void Take(const AlertChange& change, Work& work);
  void Fire(const AlertChange& change, Work& work);
  void Open(const AlertChange& change, uint64_t previous, Work& work);
  void Reopen(Ticket& ticket, const AlertChange& change, Work& work);
  void Join(Ticket& ticket, const AlertChange& change, IncidentChange& step, Work& work);
  void Move(Ticket& ticket, const AlertChange& change, Work& work);
  void Leave(Ticket& ticket, const AlertChange& change, Work& work);
  void RaiseSeverity(Ticket& ticket, const Alert& alert, IncidentChange& step, Work& work);
  void MovePrediction(Ticket& ticket, IncidentChange& step, Work& work);
  IncidentChange& Step(Ticket& ticket, IncidentStep step, bool late, Work& work);
  void Line(Ticket& ticket, IncidentChange& step, Work& work, std::string what, std::string text);
  void AlertLine(Ticket& ticket, IncidentChange& step, Work& work, std::string what,
                 std::string text);

  const uint32_t partition_;

  std::map<uint64_t, Ticket> tickets_;
  // Derived from the tickets.
  uint64_t next_ = 1;                                  // the n of n × 64 + partition
  std::set<std::pair<Fingerprint, uint64_t>> by_key_;  // all tickets
  HeldAlerts held_;
  OverTickets over_;
};

}  // namespace forewarn
