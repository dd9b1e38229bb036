#include "collector/partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/units.h"
#include "model/ids.h"

namespace forewarn {

namespace {

// How far the clock may have been set back over a restart.
constexpr Duration kClockTolerance = 5min;

}  // namespace

Partitions::Partitions(Store& store, const Clock& clock, PartitionsOptions options,
                       Committer::Hooks hooks)
    : store_(store), clock_(clock), options_(options) {
  for (uint32_t p = 0; p <= kControlPartition; ++p) {
    shards_.push_back(
        std::make_unique<Shard>(p, store, options.head, options.closed_kept, &shelf_));
    if (options.evaluated) shards_.back()->MeasureRules(clock, options.evaluated);
  }
  size_t threads = static_cast<size_t>(options.shard_threads);
  for (size_t i = 0; i < threads; ++i) {
    logs_.push_back(std::make_unique<LocalLog>(static_cast<size_t>(options.queue_batches)));
  }
  committer_ = std::make_unique<Committer>(store, clock, options.committer, std::move(hooks));
  for (size_t i = 0; i < threads; ++i) {
    threads_.push_back(
        std::make_unique<ShardThread>(shards_, i, threads, *logs_[i], *committer_, clock));
  }
}

Partitions::~Partitions() {
  stopping_ = true;
  for (auto& log : logs_) log->Close();
}

Status Partitions::Recover(const std::function<void(size_t done, size_t total)>& progress) {
  std::mutex mutex;
  Status failure;  // guarded by mutex, as is `done`
  size_t done = 0;
  // Partitions differ in size, so each helper takes the next one.
  std::atomic<size_t> next = 0;
  auto recover = [&] {
    for (size_t p = next++; p < shards_.size(); p = next++) {
      Status status = shards_[p]->Recover();
      std::lock_guard lock(mutex);
      if (!status.ok() && failure.ok()) failure = status;
      if (!failure.ok()) return;
      progress(++done, shards_.size());
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 0; i < threads_.size(); ++i) helpers.emplace_back(recover);
  for (std::thread& helper : helpers) helper.join();
  FW_RETURN_IF_ERROR(failure);
  return CheckClock();
}

// Arrival time never decreases, so a shard that once saw a time far ahead would refuse all telemetry as too
// old until that time comes.
Status Partitions::CheckClock() const {
  Timestamp now = clock_.Now();
  for (const auto& shard : shards_) {
    if (shard->last_arrival() <= now + kClockTolerance) continue;
    return FailedPrecondition(
        fmt::format("the last entry of partition {} is from {}, but the clock says {}: set the "
                    "clock right; if it "
                    "was ahead when that entry came, restore a backup from before",
                    shard->partition(), FormatTime(shard->last_arrival()), FormatTime(now)));
  }
  return OkStatus();
}

void Partitions::Start() {
  for (auto& thread : threads_) thread->Start();
}

bool Partitions::SubmitAll(std::span<Submission> together) {
  FW_CHECK(!together.empty());
  uint32_t partition = together.front().entry.partition;
  FW_CHECK(partition < shards_.size());
  for (const Submission& submission : together) FW_CHECK(submission.entry.partition == partition);
  return logs_[partition % logs_.size()]->SubmitAll(together);
}

bool Partitions::Ask(uint32_t partition, ShardThread::Question question) {
  FW_CHECK(partition < shards_.size());
  return threads_[partition % threads_.size()]->Ask(partition, std::move(question));
}

Status Partitions::AskAndWait(uint32_t partition, const ShardThread::Question& question,
                              Duration patience) {
  // Shared, since whoever comes second may find the other gone.
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;      // guarded by mutex
    bool given_up = false;  // guarded by mutex
  };
  auto meeting = std::make_shared<Meeting>();
  bool asked = Ask(partition, [meeting, &question](const Shard& shard) {
    std::lock_guard lock(
        meeting->mutex);  // held while it runs, so that nobody gives up in the middle
    if (meeting->given_up) return;
    question(shard);
    meeting->done = true;
    meeting->changed.notify_one();
  });
  if (asked) {
    std::unique_lock lock(meeting->mutex);
    if (meeting->changed.wait_for(lock, patience, [&] { return meeting->done; })) return OkStatus();
    meeting->given_up = true;
  }
  return Unavailable(fmt::format(
      "partition {} is too busy to answer now; try again, or narrow the question", partition));
}

Store::Retention Partitions::RetentionAt(Timestamp now, const Shard& control) const {
  Store::Retention retention;
  retention.chunks_before = now - options_.samples_kept;
  retention.rollups_before = now - options_.rollups_kept;
  retention.history_before = now - options_.history_kept;
  for (const Customer& customer : control.bundle().customers) {
    const CustomerRetention& own = customer.retention;
    if (!own.any()) continue;
    auto kept = [](Duration own, Duration others) { return own > Duration{0} ? own : others; };
    retention.own[customer.id] = {now - kept(own.samples, options_.samples_kept),
                                  now - kept(own.rollups, options_.rollups_kept),
                                  now - kept(own.events, options_.history_kept)};
  }
  for (const LeftCustomer& left : control.left_customers()) {
    const CustomerRetention& own = left.retention;
    if (now >= left.at + kLeftGrace) continue;
    retention.own[left.id] = {now - std::max(own.samples, options_.samples_kept),
                              now - std::max(own.rollups, options_.rollups_kept),
                              now - std::max(own.events, options_.history_kept)};
  }
  return retention;
}

void Partitions::DropOld(std::function<void(const Status&)> done) {
  struct Collected {
    std::mutex mutex;
    Store::Retention retention;     // guarded by mutex
    std::vector<uint64_t> journal;  // guarded by mutex; by partition
    size_t missing = 0;             // guarded by mutex
  };
  auto collected = std::make_shared<Collected>();
  const Timestamp now = clock_.Now();
  // Until the control partition has said whose data are kept for other times, no day is over.
  collected->retention.chunks_before = Timestamp::min();
  collected->retention.history_before = Timestamp::min();
  collected->journal.resize(shards_.size(), 0);
  collected->missing = shards_.size();
  // What a shard says rests on commits that are still on their way; so the answer travels behind
  // them.
  auto answered = [this, collected, done](uint32_t partition, uint64_t kept_from) {
    std::lock_guard lock(collected->mutex);
    collected->journal[partition] = kept_from;
    if (--collected->missing > 0) return;
    committer_->Push([this, collected, done] {
      std::lock_guard lock(collected->mutex);
      collected->retention.journal_kept_from = std::move(collected->journal);
      collected->retention.told = [this](std::string_view customer, const auto& dropped) {
        Tell(customer, dropped);
      };
      Drop(std::move(collected->retention), done);
    });
  };
  for (uint32_t p = 0; p < shards_.size(); ++p) {
    bool asked = Ask(p, [this, answered, collected, now, p](const Shard& shard) {
      if (p == kControlPartition) {
        std::lock_guard lock(collected->mutex);
        collected->retention = RetentionAt(now, shard);
      }
      answered(p, shard.JournalKeptFrom());
    });
    if (!asked) answered(p, 0);  // busy: its journal stays until the next time
  }
}

void Partitions::Tell(std::string_view customer, const Store::Retention::Dropped& dropped) const {
  FW_LOG(kInfo, "retention.dropped",
         {{"customer", customer.empty() ? "(all without own times)" : customer},
          {"chunks", dropped.chunks},
          {"rollups", dropped.rollups},
          {"events", dropped.history}});
  if (options_.dropped) options_.dropped(customer, dropped);
}

// Rolling up a day of many series takes longer than anybody may wait for an acknowledgement, and
// longer than the journal may grow.
void Partitions::Drop(Store::Retention retention, std::function<void(const Status&)> done) {
  if (stopping_) return;
  for (Worker& worker : droppers_) {
    if (worker.busy.exchange(true)) continue;
    worker.Join();
    retention.stop = [this] { return stopping_.load(); };
    retention.ended = &stopping_;
    worker.thread =
        std::thread([this, &worker, retention = std::move(retention), done = std::move(done)] {
          done(store_.Drop(retention));
          worker.busy = false;
        });
    return;
  }
}

size_t Partitions::queued() const {
  size_t sum = 0;
  for (const auto& log : logs_) sum += log->size();
  return sum;
}

}  // namespace forewarn
