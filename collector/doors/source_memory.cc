#include "collector/doors/source_memory.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace forewarn {
namespace {

// For how long the sum of a series without news is kept, and how often that is looked at.
constexpr Duration kSilence = 24h;
constexpr Duration kSweep = 1h;

// Removes the samples at these places, which ascend.
void RemoveSamples(const std::vector<size_t>& places, SampleBlock& block) {
  if (places.empty()) return;
  size_t kept = 0;
  auto next = places.begin();
  for (size_t i = 0; i < block.size(); ++i) {
    if (next != places.end() && *next == i) {
      ++next;
      continue;
    }
    block.refs[kept] = block.refs[i];
    block.times[kept] = block.times[i];
    block.values[kept] = block.values[i];
    ++kept;
  }
  block.refs.resize(kept);
  block.times.resize(kept);
  block.values.resize(kept);
  if (kept == 0) block.table = nullptr;
}

}  // namespace

SourceMemory::Claim SourceMemory::Take(DoorBatch& batch, uint64_t ticket, Timestamp now,
                                       const LimitSettings& limits, Repeated& repeated) {
  if (now >= swept_ + kSweep || now < swept_) {
    sums_.ForgetSilent(now - kSilence);
    swept_ = now;
  }
  Claim claim;
  claim.ticket = ticket;
  TakeEvents(batch, now, claim, repeated);
  AddUp(batch, now, limits, claim, repeated);
  return claim;
}

void SourceMemory::TakeEvents(DoorBatch& batch, Timestamp now, Claim& claim, Repeated& repeated) {
  std::vector<Event>& events = batch.batch.events;
  FW_CHECK(batch.event_ids.size() == events.size());
  std::vector<Event> fresh;
  for (size_t i = 0; i < events.size(); ++i) {
    if (std::optional<uint64_t> first = events_.Add(batch.event_ids[i], claim.ticket, now)) {
      repeated.tickets.insert(*first);
      ++repeated.events;
      continue;
    }
    claim.events.push_back(batch.event_ids[i]);
    fresh.push_back(std::move(events[i]));
  }
  events = std::move(fresh);
  batch.event_ids = claim.events;
}

void SourceMemory::AddUp(DoorBatch& batch, Timestamp now, const LimitSettings& limits, Claim& claim,
                         Repeated& repeated) {
  SampleBlock& samples = batch.batch.samples;
  auto room = static_cast<size_t>(limits.series_per_probe);
  std::vector<size_t> left_out;
  for (const DoorBatch::Difference& each : batch.differences) {
    Timestamp at = samples.times[each.sample];
    // The fold would leave these out, but the sum would go on from them: one difference from far ahead
    // would make repeated ones of all that come after it.
    if (at < now - limits.accepted_age || at > now + limits.accepted_future) {
      ++(at < now ? repeated.samples.too_old : repeated.samples.too_new);
      left_out.push_back(each.sample);
      continue;
    }
    DeltaSums::Outcome outcome =
        sums_.Add(each.series, at, samples.values[each.sample], claim.ticket, now, room);
    switch (outcome.result) {
      case DeltaSums::Result::kAdded:
        samples.values[each.sample] = outcome.sum.value;
        claim.sums.push_back(outcome.added);
        continue;
      case DeltaSums::Result::kRepeated:
        // It may have come with an earlier batch than the last one, which is durable before it.
        repeated.tickets.insert(outcome.sum.ticket);
        ++repeated.samples.duplicate;
        break;
      case DeltaSums::Result::kNoRoom: ++repeated.samples.series_limit; break;
    }
    left_out.push_back(each.sample);
  }
  batch.differences.clear();
  RemoveSamples(left_out, samples);
}

void SourceMemory::TakeBack(const Claim& claim) {
  for (auto event = claim.events.rbegin(); event != claim.events.rend(); ++event) {
    events_.Forget(*event);
  }
  for (auto added = claim.sums.rbegin(); added != claim.sums.rend(); ++added) {
    sums_.TakeBack(*added);
  }
}

void SourceMemory::Forget(const Claim& claim) {
  for (Fingerprint event : claim.events) events_.Forget(event);
  for (const DeltaSums::Added& added : claim.sums) sums_.Forget(added.series, claim.ticket);
}

}  // namespace forewarn
