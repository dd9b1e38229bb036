#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/incident.h"
#include "model/matcher.h"
#include "model/notification.h"

namespace forewarn {

// Planner decides who is told what. A fold over one partition; owned by its shard; not thread-safe; no
// clock, no threads. It reads as a list: who follows this step, which routes match, which silences stop it,
// one notification for each receiver that is left. It sends nothing: its results are outbox entries that are
// committed with their cause, and the dispatcher delivers them afterwards.
//
//   support   ticket.opened, ticket.reopened; ticket.updated when the severity rose; ticket.resolved to
//             those who were told of the beginning. Routes match a single alert of the step, by its labels
//             and its severity. Whoever was told nothing of a ticket so far (his route did not match, or a
//             silence stopped it) is told that it is open when an alert that is for him joins it.
//   customer  a warning for alerts that joined and have a warning template, once for each until its all-clear
//             (`<template>.cleared`), which follows when the ticket is resolved by proof. Never on unknown.
//
// What is stopped is recorded too: as kSuppressed with the silence's name, as kDead when nobody can be
// reached, and always as a line in the ticket's timeline. What a silence stopped is made up for when the
// silence ends and the ticket is still open with firing alerts: with a new notification, of how things are
// then, to each receiver that has not heard of it otherwise. Until then the stopped one's `next_attempt_at`
// says when to look.
class Planner {
 public:
  // A template of the catalogue that a warning falls back to when its own is not there.
  static constexpr std::string_view kGenericWarning = "warning.generic";
  // How long the outbox remembers: what began something, and what was given up, long enough for its end to
  // find it; everything else a week.
  static constexpr Duration kRemembered = 7 * 24h;
  static constexpr Duration kRememberedLong = 90 * 24h;

  // What a silence stopped is looked at again after this long when its ticket is open but nothing of it
  // is firing: what is unknown may prove to go on.
  static constexpr Duration kLookAgain = 5min;

  // The ticket of a number, as it is after the incident steps; null when there is none.
  using FindTicket = std::function<const Ticket*(uint64_t number)>;

  explicit Planner(uint32_t partition) : partition_(partition) {}

  // Routes are checked when a bundle is applied; one whose matchers cannot be read matches everything, since
  // too loud is better than silent.
  void SetBundle(const Bundle& bundle);
  void Restore(Notification notification);
  void Restore(Silence silence);

  struct Plan {
    std::vector<Notification> outbox;  // new or changed; to be stored. kWaiting ones are to be sent
    std::vector<std::string> forgotten;  // ids to remove from the store: settled long ago
    std::vector<Silence> silences;       // new or changed
    std::vector<TimelineItem> timeline;  // lines for tickets, index not yet set
  };

  // Takes the entry (silence commands, what became of a delivery) and the incident steps that came of it.
  // `sequence` is the entry's, and makes the ids. Fails, changing nothing, when a command cannot be done.
  // What became of a notification that is unknown or settled is nothing new: success, no change.
  Status Apply(const Entry& entry, uint64_t sequence, std::span<const IncidentChange> incidents,
               const FindTicket& find_ticket, Plan& plan);

  // Arrival time at which a Tick is due: the earliest end of a silence that stopped something.
  std::optional<Timestamp> NextTimer() const;

  const std::map<std::string, Notification>& outbox() const { return outbox_; }
  const std::map<std::string, Silence>& silences() const { return silences_; }

 private:
  struct ParsedRoute {
    Route route;
    Matchers matchers;
  };
  // Sequence and index of a notification's id: their order is the order of planning.
  using Order = std::pair<uint64_t, uint64_t>;
  struct Work;
  struct Told;

  Status Command(const AddSilenceCommand& command, Work& work);
  Status Command(const ExpireSilenceCommand& command, Work& work);
  void Command(const DeliveryCommand& command, Work& work);
  void Forget(Work& work);

  void TellSupport(const IncidentChange& change, Work& work);
  void TellSupportItIsOver(const IncidentChange& change, Work& work);
  void WarnCustomer(const IncidentChange& change, Work& work);
  void GiveAllClear(const IncidentChange& change, Work& work);

  // What silences stopped: makes up for what is due, and for all of `customer` when it is not empty.
  void LookAgain(const std::string& customer, const FindTicket& find_ticket, Work& work);
  // The alerts that a stopped notification would be about now.
  std::vector<const Alert*> MissedOf(const Notification& stopped, const Ticket& ticket) const;
  void MakeUp(const Notification& stopped, const Ticket& ticket, Work& work);
  // Sets when to look at a stopped notification again; never when it is not after its creation.
  void LookAt(const std::string& id, Timestamp at, Work& work);
  void LookEarlier(uint64_t ticket, const std::string& receiver, Timestamp at, Work& work);

  // Receivers, by id, whose routes match one of the alerts; for each the alerts that are not silenced, or
  // the silence that ends first when all are.
  std::map<std::string, Told> Follow(Audience audience, const std::vector<const Alert*>& alerts,
                                     Work& work) const;
  const Silence* SilenceOf(const Alert& alert, Timestamp at) const;
  bool Heard(uint64_t ticket, const std::string& receiver) const;
  bool WasWarned(uint64_t ticket, const std::string& receiver, const std::string& template_id,
                 const Alert& alert) const;
  // Fills in who reads it and puts it into the outbox; `silence` stops it.
  void Add(Notification notification, const Silence* silence, Work& work);
  void Index(const Notification& notification);
  void Line(uint64_t ticket, std::string what, std::string text, bool customer_visible,
            Work& work) const;

  const uint32_t partition_;

  Bundle bundle_;
  std::vector<ParsedRoute> routes_;  // of the bundle
  std::map<std::string, Notification> outbox_;
  std::map<std::string, Silence> silences_;
  // Derived from the two.
  std::map<std::string, Matchers> silence_matchers_;
  std::map<uint64_t, std::map<Order, std::string>> by_ticket_;  // ids of notifications
  std::set<std::pair<Timestamp, std::string>> forget_;          // ids, by when
  std::set<std::pair<Timestamp, std::string>> stopped_;         // ids, by when to look again
};

}  // namespace forewarn
