#include "collector/doors/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/record.h"
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

}  // namespace

// What one request is owed. The committer's thread finishes one batch after the other, while the
// sender's may still submit.
struct DoorIntake::Pending {
  std::mutex mutex;
  Outcome outcome;
  size_t open = 1;  // batches under way, and the submitting itself
  Done done;
  std::function<void()> undo;  // when some of it was not taken

  void Finish(const Status& status, const std::string& reply) {
    std::unique_lock lock(mutex);
    if (!status.ok()) {
      if (outcome.status.ok()) outcome.status = status;
    } else if (!reply.empty()) {
      StatusOr<BatchReply> decoded = DecodeRecord<BatchReply>(reply);
      FW_CHECK(decoded.ok());  // our own shard wrote it
      outcome.refused.too_old += decoded->too_old;
      outcome.refused.too_new += decoded->too_new;
      outcome.refused.duplicate += decoded->duplicate;
      outcome.refused.series_limit += decoded->series_limit;
    }
    if (--open > 0) return;
    lock.unlock();
    if (!outcome.status.ok() && undo) undo();
    done(outcome);
  }
};

DoorIntake::DoorIntake(EntrySink& sink, Metrics& metrics, const Clock& clock)
    : sink_(sink), metrics_(metrics), clock_(clock) {}

void DoorIntake::Submit(const SourceToken& from, std::vector<Batch> batches, Done done) {
  auto pending = std::make_shared<Pending>();
  Timestamp arrival = clock_.Now();
  Timestamp newest = kTimeZero;
  for (const Batch& batch : batches) {
    pending->outcome.samples += batch.samples.size();
    for (Timestamp at : batch.samples.times) newest = std::max(newest, at);
  }
  uint64_t samples = pending->outcome.samples;
  pending->done = [this, door = from.door, samples,
                   done = std::move(done)](const Outcome& outcome) {
    if (outcome.status.ok()) metrics_.DoorSamplesDone(door, samples, outcome.refused);
    done(outcome);
  };
  Status refused;
  {
    std::lock_guard lock(mutex_);
    std::vector<Fingerprint> fresh = DropKnownEvents(from, arrival, batches);
    pending->undo = [this, fresh = std::move(fresh)] {
      std::lock_guard lock(mutex_);
      for (Fingerprint event : fresh) recent_.Forget(event);
    };
    Known& known = known_[from.source_id];
    bool room = batches.empty() || Greet(from, samples > 0, known);
    bool stamped = !batches.empty() && samples > 0 &&
                   StampRound(from.door, newest, arrival, known, batches.back());
    Timestamp round = stamped ? batches.back().rounds.back().end : kTimeZero;
    for (size_t i = 0; room && i < batches.size(); ++i) {
      Submission submission;
      submission.entry = {PartitionOf(from.customer), arrival, from.source_id,
                          std::move(batches[i])};
      submission.done = [pending](const Status& status, const std::string& reply) {
        pending->Finish(status, reply);
      };
      {
        std::lock_guard counted(pending->mutex);
        ++pending->open;
      }
      room = sink_.Submit(submission);
      if (!room) {
        std::lock_guard counted(pending->mutex);
        --pending->open;
      }
    }
    if (room && stamped) known.last_round = round;
    if (!room) {
      refused = Unavailable("the collector is stopping or too busy to take this; try again later");
      metrics_.SenderSlowedDown();
    }
  }
  pending->Finish(refused, "");
}

std::vector<Fingerprint> DoorIntake::DropKnownEvents(const SourceToken& from, Timestamp now,
                                                     std::vector<Batch>& batches) {
  std::vector<Fingerprint> fresh;
  uint64_t before = 0;
  Fingerprint source = Fingerprint::Of(from.source_id);
  for (Batch& batch : batches) {
    before += batch.events.size();
    std::erase_if(batch.events, [&](const Event& event) {
      Fingerprint id = source.Add(EncodeRecord(event));
      if (!recent_.Add(id, now)) return true;
      fresh.push_back(id);
      return false;
    });
  }
  std::erase_if(batches, [](const Batch& batch) {
    return batch.events.empty() && batch.samples.size() == 0;
  });
  metrics_.DoorEventsDone(from.door, "accepted", fresh.size());
  metrics_.DoorEventsDone(from.door, "duplicate", before - fresh.size());
  return fresh;
}

void DoorIntake::Forget(const std::string& source_id) {
  std::lock_guard lock(mutex_);
  known_.erase(source_id);
}

// Says hello for the source if it was not said yet. False when there is no room for it.
bool DoorIntake::Greet(const SourceToken& from, bool with_samples, Known& known) {
  // An Alertmanager that has nothing to say is well, and so is a log without lines.
  bool watched = known.watched || (with_samples && from.door != SourceToken::Door::kAlertmanager);
  if (known.greeted && watched == known.watched) return true;
  HelloCommand hello = {{from.customer, from.installation, from.source_id},
                        from.source,
                        std::string(DoorName(from.door)),
                        Duration(0),
                        !watched};
  Submission submission;
  submission.entry = {PartitionOf(from.customer), clock_.Now(), from.source_id, Command(hello)};
  submission.done = [](const Status&, const std::string&) {};
  if (!sink_.Submit(submission)) return false;
  known.greeted = true;
  known.watched = watched;
  return true;
}

bool DoorIntake::StampRound(SourceToken::Door door, Timestamp newest, Timestamp arrival,
                            const Known& known, Batch& batch) {
  Pace pace = PaceOf(door);
  Timestamp end = std::min(newest, arrival) - pace.settle;
  if (end <= kTimeZero || end < known.last_round + pace.apart) return false;
  Duration step = known.last_round == kTimeZero ? pace.apart : end - known.last_round;
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
