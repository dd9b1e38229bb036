#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/incident.h"
#include "model/notification.h"
#include "notifier/draft.h"
#include "notifier/make_up.h"
#include "notifier/outbox.h"
#include "notifier/router.h"
#include "notifier/silences.h"

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
// reached, and always as a line in the ticket's timeline. What a silence stopped is made up for when it ends
// (notifier/make_up.h).
class Planner {
 public:
  using FindTicket = forewarn::FindTicket;
  using Plan = forewarn::Plan;

  explicit Planner(uint32_t partition) : partition_(partition) {}

  void SetBundle(const Bundle& bundle);
  void Restore(Notification notification);
  void Restore(Silence silence);

  // Takes the entry (silence commands, what became of a delivery) and the incident steps that came of it.
  // `sequence` is the entry's, and makes the ids. Fails, changing nothing, when a command cannot be done.
  // What became of a notification that is unknown or settled is nothing new: success, no change.
  Status Apply(const Entry& entry, uint64_t sequence, std::span<const IncidentChange> incidents,
               const FindTicket& find_ticket, Plan& plan);

  // Arrival time at which a Tick is due: the earliest end of a silence that stopped something.
  std::optional<Timestamp> NextTimer() const;

  // See Silences. What they stopped has been made up for when they ended.
  std::vector<std::string> ForgetSilences(Timestamp before) { return silences_.Forget(before); }
  std::optional<Timestamp> FirstEndOfSilence() const { return silences_.FirstEnd(); }

  const std::map<std::string, Notification>& outbox() const { return outbox_.all(); }
  const std::map<std::string, Silence>& silences() const { return silences_.all(); }

 private:
  // Takes what a person or the dispatcher says; `expired_for` is then the customer whose silence a person
  // ended.
  Status TakeCommand(const Command& command, Draft& draft, Plan& plan, std::string& expired_for);
  void TakeReport(const DeliveryCommand& command, Draft& draft);

  void TellSupport(const IncidentChange& change, Draft& draft);
  void TellSupportItIsOver(const IncidentChange& change, Draft& draft);
  void WarnCustomer(const IncidentChange& change, Draft& draft);
  void GiveAllClear(const IncidentChange& change, Draft& draft);

  const uint32_t partition_;

  Bundle bundle_;
  Outbox outbox_;
  Silences silences_;
  Router router_{silences_};
};

}  // namespace forewarn
