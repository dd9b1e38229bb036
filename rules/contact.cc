#include "rules/contact.h"

#include <algorithm>
#include <variant>

namespace forewarn {
namespace {

// Silence means something only where sounds are expected: a retired probe is never heard of again,
// and an air-gapped one is heard of when somebody carries a file.
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

}  // namespace

void Contacts::Restore(ProbeState state) {
  std::string id = state.identity.probe;
  probes_.insert_or_assign(std::move(id), std::move(state));
}

bool Contacts::IsDuplicate(const Batch& batch) const {
  const ProbeState* probe = Find(batch.source.probe);
  if (probe == nullptr) return false;
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
    if (is_new) {
      probe.identity = identity;
      probe.enrolled_at = entry.arrival;
      probe.contact_since = entry.arrival;
    }
    heard = &probe;
    return probe;
  };
  if (batch != nullptr) {
    ProbeState& probe = probe_of(batch->source);
    Hear(probe, entry.arrival);
    probe.epoch = batch->epoch;
    probe.sequence = batch->sequence;
    for (const Round& round : batch->rounds) {
      probe.watermark = std::max(probe.watermark, round.end);
      probe.round_interval = round.interval;
      probe.clock_offset = round.clock_offset;
    }
    for (const Gap& gap : batch->gaps) probe.gap_count += gap.count;
  } else if (const Command* command = std::get_if<Command>(&entry.what)) {
    if (const auto* hello = std::get_if<HelloCommand>(command)) {
      ProbeState& probe = probe_of(hello->source);
      Hear(probe, entry.arrival);
      probe.host = hello->host;
      probe.version = hello->version;
      probe.clock_offset = hello->clock_offset;
    } else if (const auto* retire = std::get_if<RetireProbeCommand>(command)) {
      if (auto it = probes_.find(retire->probe.probe); it != probes_.end()) {
        heard = &it->second;
        SetContact(*heard, Contact::kRetired, entry.arrival);
      }
    }
  }

  // Each of these entries carries the time, so silence is judged by all of them and not by ticks
  // alone.
  std::vector<ProbeState> changed;
  for (auto& [id, probe] : probes_) {
    bool is_changed = &probe == heard;
    if (IsWatched(probe)) {
      Duration silence = entry.arrival - probe.last_arrival;
      Contact contact = ContactAfter(policy_, silence);
      if (contact > probe.contact) {
        Duration bound = contact == Contact::kLost ? policy_.lost_after : policy_.late_after;
        SetContact(probe, contact, probe.last_arrival + bound);
        is_changed = true;
      }
    }
    if (is_changed) changed.push_back(probe);
  }
  return changed;
}

std::optional<Timestamp> Contacts::NextTimer() const {
  std::optional<Timestamp> next;
  for (const auto& [id, probe] : probes_) {
    Timestamp due;
    if (probe.contact == Contact::kFresh) {
      due = probe.last_arrival + policy_.late_after;
    } else if (probe.contact == Contact::kLate) {
      due = probe.last_arrival + policy_.lost_after;
    } else {
      continue;
    }
    if (!next || due < *next) next = due;
  }
  return next;
}

const ProbeState* Contacts::Find(std::string_view probe) const {
  auto it = probes_.find(probe);
  return it == probes_.end() ? nullptr : &it->second;
}

std::vector<const ProbeState*> Contacts::Of(std::string_view customer,
                                            std::string_view installation) const {
  std::vector<const ProbeState*> found;
  for (const auto& [id, probe] : probes_) {
    if (probe.identity.customer == customer && probe.identity.installation == installation) {
      found.push_back(&probe);
    }
  }
  return found;
}

std::optional<Timestamp> Contacts::Watermark(std::string_view customer,
                                             std::string_view installation) const {
  std::optional<Timestamp> watermark;
  for (const auto& [id, probe] : probes_) {
    if (probe.contact != Contact::kFresh || probe.watermark == kTimeZero) continue;
    if (probe.identity.customer != customer || probe.identity.installation != installation)
      continue;
    if (!watermark || probe.watermark < *watermark) watermark = probe.watermark;
  }
  return watermark;
}

}  // namespace forewarn
