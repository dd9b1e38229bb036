#include "rules/contact.h"

#include <algorithm>
#include <variant>

#include "model/ids.h"

namespace forewarn {
namespace {

// Silence means something only where sounds are expected: a retired probe is never heard of again,
// an air-gapped one is heard of when somebody carries a file, and one that said it shall not be
// watched when it has something to say.
bool IsWatched(const ProbeState& probe) {
  return probe.contact != Contact::kRetired && probe.contact != Contact::kAirGapped;
}

Contact ContactAfter(const ContactPolicy& policy, Duration silence) {
  if (silence >= policy.lost_after) return Contact::kLost;
  if (silence >= policy.late_after) return Contact::kLate;
  return Contact::kFresh;
}

void SetContact(ProbeState& probe, Contact contact, Timestamp since) {
  if (probe.contact == contact) return;
  probe.contact = contact;
  probe.contact_since = since;
}

// What people and the dispatcher command may yet be refused, and a bundle is about rules: neither
// says anything about probes, so neither may leave a mark here.
bool MovesContact(const Entry& entry) {
  if (const Command* command = std::get_if<Command>(&entry.what)) {
    return std::holds_alternative<HelloCommand>(*command) ||
           std::holds_alternative<RetireProbeCommand>(*command);
  }
  return !std::holds_alternative<Bundle>(entry.what);
}

// An arrival of any kind makes a watched probe fresh.
void Hear(ProbeState& probe, Timestamp arrival) {
  probe.last_arrival = arrival;
  if (IsWatched(probe)) SetContact(probe, Contact::kFresh, arrival);
}

// A probe's batch says that it lives. A source behind the door of another protocol may go on with its log when
// its metrics have ended, for which it is watched: of its batches those say something that end a round.
bool SaysThatItLives(const Batch& batch) { return batch.epoch != 0 || !batch.rounds.empty(); }

// Whether the hello leaves what is known of its probe. A source says that it is not to be watched as long as it
// knows of no samples, and after a restart it knows of none: as long as others remember some, nobody but a
// person ends the watch.
bool IsIdle(const HelloCommand& hello, const std::string& actor, const ProbeState* known) {
  return hello.unwatched && known != nullptr && IsWatched(*known) && IsUuid(actor);
}

}  // namespace

bool IsSilent(const ProbeState& probe) {
  return probe.contact == Contact::kLate || probe.contact == Contact::kLost;
}

std::optional<Timestamp> Contacts::DueOf(const ProbeState& probe) const {
  if (probe.contact == Contact::kFresh) {
    return probe.last_arrival + std::min(policy_.late_after, policy_.lost_after);
  }
  if (probe.contact == Contact::kLate) return probe.last_arrival + policy_.lost_after;
  return std::nullopt;
}

void Contacts::AddToIndex(const ProbeState& probe) {
  const std::string& id = probe.identity.probe;
  if (auto due = DueOf(probe)) due_.emplace(*due, id);
  Installation& home = installations_[probe.identity.customer][probe.identity.installation];
  if (IsSilent(probe)) home.silent.insert(id);
  if (probe.contact == Contact::kFresh && probe.watermark != kTimeZero) {
    home.fresh.emplace(probe.watermark, id);
  }
}

void Contacts::RemoveFromIndex(const ProbeState& probe) {
  const std::string& id = probe.identity.probe;
  if (auto due = DueOf(probe)) due_.erase({*due, id});
  Installation& home = installations_[probe.identity.customer][probe.identity.installation];
  home.silent.erase(id);
  home.fresh.erase({probe.watermark, id});
}

void Contacts::SetPolicy(const ContactPolicy& policy) {
  policy_ = policy;
  due_.clear();
  for (const auto& [id, probe] : probes_) {
    if (auto due = DueOf(probe)) due_.emplace(*due, id);
  }
}

void Contacts::Restore(ProbeState state) {
  std::string id = state.identity.probe;
  if (auto at = probes_.find(id); at != probes_.end()) RemoveFromIndex(at->second);
  AddToIndex(state);
  probes_.insert_or_assign(std::move(id), std::move(state));
}

bool Contacts::IsDuplicate(const Batch& batch) const {
  const ProbeState* probe = Find(batch.source.probe);
  if (probe == nullptr || batch.epoch == 0) return false;
  if (batch.epoch != probe->epoch) return batch.epoch < probe->epoch;
  return batch.sequence <= probe->sequence;
}

std::vector<ProbeState> Contacts::Observe(const Entry& entry) {
  const Batch* batch = std::get_if<Batch>(&entry.what);
  if (batch != nullptr && IsDuplicate(*batch)) return {};
  if (!MovesContact(entry)) return {};
  // The entry's own probe speaks first, so that it is not called late by the entry that ends its
  // silence.
  ProbeState* heard = nullptr;
  auto probe_of = [&](const ProbeIdentity& identity) -> ProbeState& {
    auto [it, is_new] = probes_.try_emplace(identity.probe);
    ProbeState& probe = it->second;
    if (!is_new) RemoveFromIndex(probe);
    if (is_new) {
      probe.identity = identity;
      probe.enrolled_at = entry.arrival;
      probe.contact_since = entry.arrival;
      probe.last_arrival = entry.arrival;
    }
    heard = &probe;
    return probe;
  };
  if (batch != nullptr) {
    ProbeState& probe = probe_of(batch->source);
    if (SaysThatItLives(*batch) || !IsWatched(probe)) Hear(probe, entry.arrival);
    if (batch->epoch != 0) {
      probe.epoch = batch->epoch;
      probe.sequence = batch->sequence;
    }
    for (const Round& round : batch->rounds) {
      probe.watermark = std::max(probe.watermark, round.end);
      probe.round_interval = round.interval;
      probe.clock_offset = round.clock_offset;
    }
    for (const Gap& gap : batch->gaps) probe.gap_count += gap.count;
  } else if (const Command* command = std::get_if<Command>(&entry.what)) {
    if (const auto* hello = std::get_if<HelloCommand>(command)) {
      bool is_idle = IsIdle(*hello, entry.actor, Find(hello->source.probe));
      ProbeState& probe = probe_of(hello->source);
      if (!is_idle) {
        if (hello->unwatched) {
          SetContact(probe, Contact::kAirGapped, entry.arrival);
        } else if (probe.contact == Contact::kAirGapped) {
          SetContact(probe, Contact::kFresh, entry.arrival);
        }
        Hear(probe, entry.arrival);
      }
      probe.host = hello->host;
      probe.version = hello->version;
      probe.clock_offset = hello->clock_offset;
    } else if (const auto* retire = std::get_if<RetireProbeCommand>(command)) {
      if (auto it = probes_.find(retire->probe.probe); it != probes_.end()) {
        heard = &it->second;
        RemoveFromIndex(*heard);
        SetContact(*heard, Contact::kRetired, entry.arrival);
      }
    }
  }

  if (heard != nullptr) AddToIndex(*heard);

  // Each of these entries carries the time, so silence is judged by all of them and not by ticks
  // alone.
  std::map<std::string_view, const ProbeState*> changed;
  if (heard != nullptr) changed[heard->identity.probe] = heard;
  while (!due_.empty() && due_.begin()->first <= entry.arrival) {
    ProbeState& probe = probes_.find(due_.begin()->second)->second;
    Contact contact = ContactAfter(policy_, entry.arrival - probe.last_arrival);
    Duration bound = contact == Contact::kLost ? policy_.lost_after : policy_.late_after;
    RemoveFromIndex(probe);
    SetContact(probe, contact, probe.last_arrival + bound);
    AddToIndex(probe);
    changed[probe.identity.probe] = &probe;
  }
  std::vector<ProbeState> states;
  for (const auto& [id, probe] : changed) states.push_back(*probe);
  return states;
}

std::optional<Timestamp> Contacts::NextTimer() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

const ProbeState* Contacts::Find(std::string_view probe) const {
  auto it = probes_.find(probe);
  return it == probes_.end() ? nullptr : &it->second;
}

const Contacts::Installation* Contacts::FindInstallation(std::string_view customer,
                                                         std::string_view installation) const {
  auto of_customer = installations_.find(customer);
  if (of_customer == installations_.end()) return nullptr;
  auto found = of_customer->second.find(installation);
  return found == of_customer->second.end() ? nullptr : &found->second;
}

std::vector<const ProbeState*> Contacts::Silent(std::string_view customer,
                                                std::string_view installation) const {
  std::vector<const ProbeState*> silent;
  const Installation* home = FindInstallation(customer, installation);
  if (home == nullptr) return silent;
  for (const std::string& id : home->silent) silent.push_back(Find(id));
  return silent;
}

bool Contacts::IsAnySilent(std::string_view customer, std::string_view installation) const {
  const Installation* home = FindInstallation(customer, installation);
  return home != nullptr && !home->silent.empty();
}

std::optional<Timestamp> Contacts::Watermark(std::string_view customer,
                                             std::string_view installation) const {
  const Installation* home = FindInstallation(customer, installation);
  if (home == nullptr || home->fresh.empty()) return std::nullopt;
  return home->fresh.begin()->first;
}

}  // namespace forewarn
