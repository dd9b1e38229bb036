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

// Where a sum begins of whose difference it is not said since when it counts.
constexpr Duration kBefore = 1s;

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
  if (batch.differences.empty()) return;
  SampleBlock& samples = batch.batch.samples;
  SampleBlock out;
  auto keep = [&](uint32_t ref, Timestamp at, double value) {
    out.refs.push_back(ref);
    out.times.push_back(at);
    out.values.push_back(value);
  };
  auto room = static_cast<size_t>(limits.series_per_probe);
  Timestamp oldest = now - limits.accepted_age;
  auto next = batch.differences.begin();
  for (size_t i = 0; i < samples.size(); ++i) {
    if (next == batch.differences.end() || next->sample != i) {
      keep(samples.refs[i], samples.times[i], samples.values[i]);
      continue;
    }
    const DoorBatch::Difference& each = *next++;
    Timestamp at = samples.times[i];
    // The fold would leave these out, but the sum would go on from them: one difference from far ahead
    // would bring all that come after it there.
    if (at < oldest || at > now + limits.accepted_future) {
      ++(at < now ? repeated.samples.too_old : repeated.samples.too_new);
      continue;
    }
    DeltaSums::Outcome outcome =
        sums_.Add(each.series, at, samples.values[i], claim.ticket, now, room);
    switch (outcome.result) {
      case DeltaSums::Result::kAdded: {
        // Where it counts from, it was 0: so it is seen to begin, and to begin again.
        Timestamp since = each.since > kTimeZero ? each.since + 1ms : at - kBefore;
        since = std::max(since, oldest);
        if (!outcome.added.before && since < at) keep(samples.refs[i], since, 0);
        keep(samples.refs[i], outcome.sum.at, outcome.sum.value);
        claim.sums.push_back(outcome.added);
        break;
      }
      case DeltaSums::Result::kRepeated:
        // It may have come with an earlier batch than the last one, which is durable before it.
        repeated.tickets.insert(outcome.sum.ticket);
        ++repeated.samples.duplicate;
        break;
      case DeltaSums::Result::kTooLate: ++repeated.samples.too_old; break;
      case DeltaSums::Result::kNoRoom: ++repeated.samples.series_limit; break;
    }
  }
  batch.differences.clear();
  out.table = out.refs.empty() ? nullptr : std::move(samples.table);
  samples = std::move(out);
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
