#include "collector/doors/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>

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
    case SourceToken::Door::kQuery: break;  // through which nothing is sent
  }
  return {0s, 5s};
}

constexpr Duration kLongestStep = 5min;
// After so long a silence a source is as if it had never been.
constexpr Duration kSilence = 24h;
constexpr Duration kSweep = 1h;

// Who hands in: the source itself, or the probe whose certificate it came with, without which it is nobody.
const std::string& ActorOf(const SourceToken& from) {
  return from.hash.empty() && !from.created_by.empty() ? from.created_by : from.source_id;
}

Submission MakeEntry(const SourceToken& from, Timestamp now,
                     std::variant<Batch, Command, Tick, Bundle> what) {
  return {{PartitionOf(from.customer), now, ActorOf(from), std::move(what)},
          [](const Status&, const std::string&) {}};
}

Round MakeRound(Timestamp end, Timestamp last, Duration apart) {
  Duration step = last == kTimeZero ? apart : end - last;
  return {end, std::min(step, kLongestStep), Duration(0)};
}

}  // namespace

// What one request is owed. The committer's thread finishes one batch after the other, while the
// sender's may still hand in.
struct DoorIntake::Pending {
  std::mutex mutex;
  Outcome outcome;
  size_t open = 1;  // what it waits for: batches, and the handing in itself
  Done done;
  // Of the thread that hands in, until it has finished.
  uint64_t events = 0;
  uint64_t repeated_events = 0;

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
  pending->done = [this, door = from.door, it = pending.get(),
                   done = std::move(done)](const Outcome& outcome) {
    if (outcome.status.ok()) {
      metrics_.DoorSamplesDone(door, outcome.samples, outcome.refused);
      metrics_.DoorEventsDone(door, "accepted", it->events);
      metrics_.DoorEventsDone(door, "duplicate", it->repeated_events);
    }
    done(outcome);
  };
  Status status = HandIn(from, std::move(batches), pending);
  if (status.code() == Code::kUnavailable) metrics_.SenderSlowedDown();
  pending->Finish(status, {});
}

StatusOr<DoorIntake::Shared> DoorIntake::Find(const SourceToken& from, Timestamp now) {
  std::lock_guard lock(mutex_);
  ForgetSilent(now);
  if (!from.hash.empty() && revoked_.contains(from.hash)) {
    return Unauthenticated("the token was revoked meanwhile");
  }
  Known& known = sources_[from.source_id];
  if (known.source == nullptr) known.source = std::make_shared<Source>();
  known.seen = now;
  return known.source;
}

Status DoorIntake::HandIn(const SourceToken& from, std::vector<DoorBatch> batches,
                          const Owed& pending) {
  Timestamp now = clock_.Now();
  FW_ASSIGN_OR_RETURN(Shared shared, Find(from, now));
  Source& source = *shared;
  std::lock_guard order(source.order);
  Remember(source);

  uint64_t first_ticket = source.last_ticket + 1;
  std::vector<SourceMemory::Claim> claims;
  SourceMemory::Repeated repeated;
  std::vector<Batch> fresh;
  Timestamp newest = kTimeZero;
  for (DoorBatch& each : batches) {
    claims.push_back(source.memory.Take(each, ++source.last_ticket, now, limits_, repeated));
    Batch& batch = each.batch;
    if (batch.events.empty() && batch.samples.size() == 0) {
      claims.pop_back();
      continue;
    }
    pending->events += batch.events.size();
    for (Timestamp at : batch.samples.times) newest = std::max(newest, at);
    fresh.push_back(std::move(batch));
  }
  pending->repeated_events = repeated.events;
  pending->outcome.refused = repeated.samples;

  // A clock that was set back makes a round of the future: the next ones would wait for that time to come.
  Timestamp last_round = source.last_round > now ? kTimeZero : source.last_round;
  Timestamp reached = std::max(std::min(source.newest, now), std::min(newest, now));
  Pace pace = PaceOf(from.door);
  std::vector<Submission> together;
  std::optional<HelloCommand> hello;
  if (!fresh.empty()) {
    bool with_samples = newest > kTimeZero;
    hello = Greeting(from, with_samples, source);
    if (hello) together.push_back(MakeEntry(from, now, Command(*hello)));
    Timestamp end = std::min(newest, now) - pace.settle;
    if (with_samples && end > kTimeZero && end >= last_round + pace.apart) {
      fresh.back().rounds.push_back(MakeRound(end, last_round, pace.apart));
      last_round = end;
    }
  }
  std::vector<uint64_t> tickets;
  for (size_t i = 0; i < fresh.size(); ++i) {
    tickets.push_back(claims[i].ticket);
    together.push_back(MakeEntry(from, now, std::move(fresh[i])));
    together.back().done = [shared, pending, ticket = tickets[i]](const Status& status,
                                                                  const std::string& reply) {
      BatchDone(*shared, ticket, status);
      pending->Finish(status, status.ok() ? DecodeReply<BatchReply>(reply) : BatchReply());
    };
    pending->WaitForOneMore();
  }
  {
    std::lock_guard lock(source.answers);
    for (SourceMemory::Claim& claim : claims) {
      uint64_t ticket = claim.ticket;
      source.under_way[ticket] = {std::move(claim), {}};
    }
  }
  if (!together.empty() && !sink_.SubmitAll(together)) {
    std::lock_guard lock(source.answers);
    for (auto ticket = tickets.rbegin(); ticket != tickets.rend(); ++ticket) {
      source.memory.TakeBack(source.under_way.extract(*ticket).mapped().claim);
    }
    pending->open = 1;  // nobody else has heard of it
    pending->outcome.refused = {};
    return Unavailable("the collector is stopping or too busy to take this; try again later");
  }
  source.memory.Keep(first_ticket);

  if (hello) {
    source.greeted = true;
    source.watched = !hello->unwatched;
  }
  bool is_new = reached > source.newest;
  source.last_round = last_round;
  source.newest = reached;
  WaitFor(source, repeated.tickets, pending);
  std::lock_guard lock(mutex_);
  if (reached <= last_round) {
    due_.erase(from.source_id);
  } else if (is_new) {
    due_[from.source_id] = {now + std::max(pace.settle, pace.apart), from};
  }
  return OkStatus();
}

void DoorIntake::EndRounds() {
  Timestamp now = clock_.Now();
  std::vector<std::pair<SourceToken, Shared>> ending;
  {
    std::lock_guard lock(mutex_);
    for (auto it = due_.begin(); it != due_.end();) {
      // What lies far ahead was due before the clock was set back.
      bool is_due = it->second.at <= now || it->second.at > now + kLongestStep;
      auto source = sources_.find(it->first);
      if (is_due && source != sources_.end()) {
        ending.emplace_back(it->second.from, source->second.source);
      }
      it = is_due ? due_.erase(it) : std::next(it);
    }
  }
  for (const auto& [from, source] : ending) {
    std::lock_guard order(source->order);
    if (EndRound(from, *source, now)) continue;
    std::lock_guard lock(mutex_);
    due_.try_emplace(from.source_id, Due{now, from});
  }
}

bool DoorIntake::EndRound(const SourceToken& from, Source& source, Timestamp now) {
  Timestamp end = std::min(source.newest, now);
  if (end <= source.last_round) return true;  // a request brought it meanwhile
  Batch batch;
  batch.source = {from.customer, from.installation, from.source_id};
  batch.rounds.push_back(MakeRound(end, source.last_round, PaceOf(from.door).apart));
  Submission entry = MakeEntry(from, now, std::move(batch));
  if (!sink_.Submit(entry)) return false;
  source.last_round = end;
  return true;
}

// Tells the memory what was not stored, and whether the source is to say hello again.
void DoorIntake::Remember(Source& source) {
  if (source.greet_anew.exchange(false)) {
    source.greeted = false;
    source.watched = false;
  }
  std::lock_guard lock(source.answers);
  for (const auto& [ticket, claim] : source.failed) source.memory.Forget(claim);
  source.failed.clear();
}

void DoorIntake::WaitFor(Source& source, const std::set<uint64_t>& tickets, const Owed& pending) {
  bool failed = false;
  {
    std::lock_guard lock(source.answers);
    for (uint64_t ticket : tickets) {
      if (auto found = source.under_way.find(ticket); found != source.under_way.end()) {
        pending->WaitForOneMore();
        found->second.repeats.push_back(pending);
      } else if (source.failed.contains(ticket)) {
        failed = true;
      }  // else it is durable
    }
  }
  if (!failed) return;
  pending->WaitForOneMore();
  pending->Finish(Unavailable("what this repeats was not stored; send it again"), {});
}

void DoorIntake::BatchDone(Source& source, uint64_t ticket, const Status& status) {
  std::vector<Owed> repeats;
  {
    std::lock_guard lock(source.answers);
    auto found = source.under_way.find(ticket);
    FW_CHECK(found != source.under_way.end());
    if (!status.ok()) source.failed.emplace(ticket, std::move(found->second.claim));
    repeats = std::move(found->second.repeats);
    source.under_way.erase(found);
  }
  Status outcome;
  if (!status.ok()) outcome = Unavailable("what this repeats was not stored; send it again");
  for (const Owed& pending : repeats) pending->Finish(outcome, {});
}

void DoorIntake::Revoke(const SourceToken& token) {
  std::lock_guard lock(mutex_);
  revoked_[token.hash] = clock_.Now();
  auto found = sources_.find(token.source_id);
  if (found != sources_.end()) found->second.source->greet_anew = true;
}

// With mutex_ held.
void DoorIntake::ForgetSilent(Timestamp now) {
  if (now < swept_ + kSweep && now >= swept_) return;
  swept_ = now;
  std::erase_if(sources_, [&](const auto& item) { return item.second.seen < now - kSilence; });
  // No request takes so long from its header to its end.
  std::erase_if(revoked_, [&](const auto& item) { return item.second < now - kSilence; });
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
