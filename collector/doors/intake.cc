#include "collector/doors/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "collector/intake.h"
#include "collector/source_tokens.h"
#include "model/ids.h"

namespace forewarn {
namespace {

// How long after its newest sample a request may still bring others of the same moment, and how far
// apart rounds are at least. Prometheus splits its samples over several connections, each of which
// gathers for up to 5 s (its batch_send_deadline); the others send what belongs together at once.
struct Pace {
  Duration settle;
  Duration apart;
};

Pace PaceOf(SourceToken::Door door) {
  switch (door) {
    case SourceToken::Door::kPrometheus: return {10s, 15s};
    case SourceToken::Door::kOtlp: return {0s, 5s};
    case SourceToken::Door::kAlertmanager: return {0s, 1ms};
  }
  return {0s, 5s};
}

constexpr Duration kLongestStep = 5min;
// After so long a silence a source is as if it had never been.
constexpr Duration kSilence = 24h;
constexpr Duration kSweep = 1h;

}  // namespace

// What one request is owed. The committer's thread finishes one batch after the other, while the
// sender's may still hand in.
struct DoorIntake::Pending {
  std::mutex mutex;
  Outcome outcome;
  size_t open = 1;  // what it waits for: batches, and the handing in itself
  Done done;

  void WaitForOneMore() {
    std::lock_guard lock(mutex);
    ++open;
  }

  void Finish(const Status& status, const BatchReply& refused) {
    {
      std::lock_guard lock(mutex);
      if (!status.ok()) {
        if (outcome.status.ok()) outcome.status = status;
      } else {
        outcome.refused.too_old += refused.too_old;
        outcome.refused.too_new += refused.too_new;
        outcome.refused.duplicate += refused.duplicate;
        outcome.refused.series_limit += refused.series_limit;
      }
      if (--open > 0) return;
    }
    done(outcome);
  }
};

DoorIntake::DoorIntake(EntrySink& sink, Metrics& metrics, const Clock& clock,
                       const LimitSettings& limits)
    : sink_(sink), metrics_(metrics), clock_(clock), limits_(limits) {}

void DoorIntake::Submit(const SourceToken& from, std::vector<DoorBatch> batches, Done done) {
  auto pending = std::make_shared<Pending>();
  for (const DoorBatch& each : batches) pending->outcome.samples += each.batch.samples.size();
  pending->done = [this, door = from.door, done = std::move(done)](const Outcome& outcome) {
    if (outcome.status.ok()) metrics_.DoorSamplesDone(door, outcome.samples, outcome.refused);
    done(outcome);
  };
  bool room = false;
  {
    std::lock_guard lock(mutex_);
    room = HandIn(from, std::move(batches), pending);
  }
  Status status;
  if (!room) {
    status = Unavailable("the collector is stopping or too busy to take this; try again later");
    metrics_.SenderSlowedDown();
  }
  pending->Finish(status, {});
}

bool DoorIntake::HandIn(const SourceToken& from, std::vector<DoorBatch> batches,
                        const Owed& pending) {
  Timestamp now = clock_.Now();
  ForgetSilent(now);
  Source& source = sources_[from.source_id];
  source.seen = now;

  std::vector<SourceMemory::Claim> claims;
  SourceMemory::Repeated repeated;
  std::vector<Batch> fresh;
  uint64_t events = 0;
  Timestamp newest = kTimeZero;
  for (DoorBatch& each : batches) {
    claims.push_back(source.memory.Take(each, ++last_ticket_, now, limits_, repeated));
    Batch& batch = each.batch;
    if (batch.events.empty() && batch.samples.size() == 0) {
      claims.pop_back();
      continue;
    }
    events += batch.events.size();
    for (Timestamp at : batch.samples.times) newest = std::max(newest, at);
    fresh.push_back(std::move(batch));
  }
  auto submission = [&](auto what) {
    return Submission{{PartitionOf(from.customer), now, from.source_id, std::move(what)},
                      [](const Status&, const std::string&) {}};
  };
  std::vector<Submission> together;
  std::optional<HelloCommand> hello;
  Timestamp round = source.last_round;
  if (!fresh.empty()) {
    bool with_samples = newest > kTimeZero;
    hello = Greeting(from, with_samples, source);
    if (hello) together.push_back(submission(Command(*hello)));
    if (with_samples && StampRound(from.door, newest, now, source, fresh.back())) {
      round = fresh.back().rounds.back().end;
    }
  }
  for (size_t i = 0; i < fresh.size(); ++i) {
    together.push_back(submission(std::move(fresh[i])));
    together.back().done = [this, pending, ticket = claims[i].ticket](const Status& status,
                                                                      const std::string& reply) {
      BatchDone(ticket, status);
      pending->Finish(status, status.ok() ? DecodeReply<BatchReply>(reply) : BatchReply());
    };
    pending->WaitForOneMore();
  }
  if (!together.empty() && !sink_.SubmitAll(together)) {
    for (auto claim = claims.rbegin(); claim != claims.rend(); ++claim) {
      source.memory.TakeBack(*claim);
    }
    pending->open = 1;  // nobody else has heard of it
    return false;
  }

  if (hello) {
    source.greeted = true;
    source.watched = !hello->unwatched;
  }
  source.last_round = round;
  for (SourceMemory::Claim& claim : claims) {
    uint64_t ticket = claim.ticket;
    under_way_[ticket] = {from.source_id, std::move(claim), {}};
  }
  WaitFor(repeated.tickets, pending);
  pending->outcome.refused = repeated.samples;  // nobody else adds to it before the mutex is free
  metrics_.DoorEventsDone(from.door, "accepted", events);
  metrics_.DoorEventsDone(from.door, "duplicate", repeated.events);
  return true;
}

void DoorIntake::WaitFor(const std::set<uint64_t>& tickets, const Owed& pending) {
  for (uint64_t ticket : tickets) {
    auto found = under_way_.find(ticket);
    if (found == under_way_.end()) continue;  // durable
    pending->WaitForOneMore();
    found->second.repeats.push_back(pending);
  }
}

void DoorIntake::BatchDone(uint64_t ticket, const Status& status) {
  std::vector<Owed> repeats;
  {
    std::lock_guard lock(mutex_);
    auto found = under_way_.find(ticket);
    FW_CHECK(found != under_way_.end());
    if (!status.ok()) {
      auto source = sources_.find(found->second.source_id);
      if (source != sources_.end()) source->second.memory.Forget(found->second.claim);
    }
    repeats = std::move(found->second.repeats);
    under_way_.erase(found);
  }
  Status outcome;
  if (!status.ok()) outcome = Unavailable("what this repeats was not stored; send it again");
  for (const Owed& pending : repeats) pending->Finish(outcome, {});
}

void DoorIntake::Forget(const std::string& source_id) {
  std::lock_guard lock(mutex_);
  auto found = sources_.find(source_id);
  if (found == sources_.end()) return;
  found->second.greeted = false;
  found->second.watched = false;
}

void DoorIntake::ForgetSilent(Timestamp now) {
  if (now < swept_ + kSweep && now >= swept_) return;
  swept_ = now;
  std::erase_if(sources_, [&](const auto& item) { return item.second.seen < now - kSilence; });
}

// What the source has to say before its batch, if anything.
std::optional<HelloCommand> DoorIntake::Greeting(const SourceToken& from, bool with_samples,
                                                 const Source& source) const {
  // An Alertmanager that has nothing to say is well, and so is a log without lines.
  bool watched = source.watched || (with_samples && from.door != SourceToken::Door::kAlertmanager);
  if (source.greeted && watched == source.watched) return std::nullopt;
  return HelloCommand{{from.customer, from.installation, from.source_id},
                      from.source,
                      std::string(DoorName(from.door)),
                      Duration(0),
                      !watched};
}

bool DoorIntake::StampRound(SourceToken::Door door, Timestamp newest, Timestamp arrival,
                            const Source& source, Batch& batch) {
  Pace pace = PaceOf(door);
  Timestamp end = std::min(newest, arrival) - pace.settle;
  if (end <= kTimeZero || end < source.last_round + pace.apart) return false;
  Duration step = source.last_round == kTimeZero ? pace.apart : end - source.last_round;
  batch.rounds.push_back({end, std::min(step, kLongestStep), Duration(0)});
  return true;
}

std::string DoorIntake::Explain(const Outcome& outcome, const LimitSettings& limits) {
  std::string text;
  auto add = [&](uint64_t count, const std::string& why) {
    if (count == 0) return;
    if (!text.empty()) text += "; ";
    text += fmt::format("{} sample{} {}", count, count == 1 ? "" : "s", why);
  };
  const BatchReply& refused = outcome.refused;
  add(refused.too_old,
      fmt::format("older than {} h (limits.accepted_age)",
                  std::chrono::duration_cast<std::chrono::hours>(limits.accepted_age).count()));
  add(refused.too_new,
      fmt::format(
          "more than {} s ahead of the collector's clock (limits.accepted_future)",
          std::chrono::duration_cast<std::chrono::seconds>(limits.accepted_future).count()));
  add(refused.series_limit,
      fmt::format(
          "of series above the limit of {} for a source (limits.series_per_probe) or {} for a "
          "customer (limits.series_per_customer)",
          limits.series_per_probe, limits.series_per_customer));
  return text;
}

}  // namespace forewarn
