#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "collector/committer.h"
#include "collector/entry_source.h"
#include "collector/local_log.h"
#include "collector/shard.h"
#include "collector/shard_thread.h"
#include "store/store.h"

namespace forewarn {

struct PartitionsOptions {
  int64_t shard_threads = 2;
  int64_t queue_batches = 1024;  // a shard thread's; what is beyond makes probes slow down
  HeadOptions head;
  CommitterOptions committer;
  Duration history_kept = 90 * 24h;
  Duration samples_kept = 30 * 24h;
  Duration rollups_kept = 400 * 24h;
  Duration closed_kept = Shard::kClosedKept;
  // Hears of each evaluation of rules, on the shards' threads; may be empty.
  std::function<void(const Shard::Evaluation&)> evaluated;
  // Hears what went of a customer before it was over for everybody (Store::Retention::told), on a
  // thread of DropOld(), besides the log; may be empty.
  std::function<void(std::string_view customer, const Store::Retention::Dropped&)> dropped;
};

// All partitions of this process with the threads that run them: the whole of the fold, seen from
// the edges. Entries go in by Submit(), questions by Ask(); both are thread-safe.
class Partitions : public EntrySink {
 public:
  // `store` and `clock` are loans that outlive it.
  Partitions(Store& store, const Clock& clock, PartitionsOptions options, Committer::Hooks hooks);
  // Takes nothing more, folds and commits what is inside, tells its senders, ends the threads.
  ~Partitions() override;

  // Puts every shard where its last commit left it; calls `progress` with the number done. Once,
  // first.
  Status Recover(const std::function<void(size_t done, size_t total)>& progress);
  // After Recover(): lets entries through.
  void Start();

  bool SubmitAll(std::span<Submission> together) override;

  // Runs `question` on the thread of the partition's shard, soon. False when it is too busy or
  // stopping.
  bool Ask(uint32_t partition, ShardThread::Question question);
  // The same, and waits for it. kUnavailable when the shard did not come to it within `patience`;
  // the question is then not run any more.
  Status AskAndWait(uint32_t partition, const ShardThread::Question& question, Duration patience);

  // Drops what is older than the settings say, or the bundle in force of a customer (for kLeftGrace also that
  // which had a customer who is away now, where it kept for longer), and journal that
  // nothing needs any more. Returns at once; the work, which may be long, is done on a thread of its
  // own, after the commits that it rests on. While the days of an earlier call take long, a later one
  // drops journal. `done` says how it went; it is not called for work that is not begun, since two are
  // under way.
  void DropOld(std::function<void(const Status&)> done);

  // Entries that wait to be folded.
  size_t queued() const;
  size_t partition_count() const { return shards_.size(); }

 private:
  // A thread that is waited for.
  struct Worker {
    ~Worker() { Join(); }
    void Join() {
      if (thread.joinable()) thread.join();
    }
    std::thread thread;
    std::atomic<bool> busy = false;
  };

  Status CheckClock() const;
  // What is over at `now`, as the control partition's bundle in force says.
  Store::Retention RetentionAt(Timestamp now, const Shard& control) const;
  void Tell(std::string_view customer, const Store::Retention::Dropped& dropped) const;
  void Drop(Store::Retention retention, std::function<void(const Status&)> done);

  Store& store_;
  const Clock& clock_;
  const PartitionsOptions options_;
  RuleShelf shelf_;
  std::vector<std::unique_ptr<Shard>> shards_;  // by partition; the last is the control partition
  std::atomic<bool> stopping_ = false;
  std::array<Worker, 2> droppers_;  // started by the committer's thread
  // Downwards: what stands later uses what stands before, and ends first.
  std::vector<std::unique_ptr<LocalLog>> logs_;  // by thread
  std::unique_ptr<Committer> committer_;
  std::vector<std::unique_ptr<ShardThread>> threads_;
};

}  // namespace forewarn
