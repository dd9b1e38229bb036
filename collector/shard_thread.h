#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/queue.h"
#include "collector/committer.h"
#include "collector/entry_source.h"
#include "collector/local_log.h"
#include "collector/shard.h"

namespace forewarn {

// Runs the shards of some partitions: takes entries from their common source, folds each into its
// shard, and hands the commit on. It alone touches those shards; everybody else asks. Sees to it
// that a tick is submitted when a shard's timer is due, and not otherwise.
class ShardThread {
 public:
  // Runs on the shard's thread, between two entries; sees what was folded, durable or not.
  using Question = std::function<void(const Shard& shard)>;

  // Loans that outlive it: `shards` (by partition; only those with partition % threads == index are
  // touched), `log`, `committer`, `clock`. The thread starts with Start().
  ShardThread(std::vector<std::unique_ptr<Shard>>& shards, size_t index, size_t threads,
              LocalLog& log, Committer& committer, const Clock& clock);
  // Closes the log, folds what is inside, ends the thread.
  ~ShardThread();

  void Start();

  // False when too many questions are waiting, or after the end.
  bool Ask(uint32_t partition, Question question);

 private:
  struct Asked {
    uint32_t partition = 0;
    Question question;
  };

  void Run();
  void Fold(EntrySource::Item item);
  void AnswerQuestions();
  // Submits the ticks that are due, and says how long nothing else will be.
  Duration SubmitTicks();

  std::vector<std::unique_ptr<Shard>>& shards_;
  const size_t index_;
  const size_t threads_;
  LocalLog& log_;
  Committer& committer_;
  const Clock& clock_;
  BoundedQueue<Asked> questions_;
  std::thread thread_;
  // The thread's own, by partition: whether its tick is in the log, and when its timer is due: only an
  // entry brings that forward.
  std::vector<bool> tick_under_way_;
  std::vector<std::optional<Timestamp>> due_;
};

}  // namespace forewarn
