#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/queue.h"
#include "base/status.h"
#include "collector/entry_source.h"
#include "model/commit.h"
#include "store/store.h"

namespace forewarn {

// A commit that a shard has finished, and who waits for it.
struct FinishedCommit {
  EntrySource* source = nullptr;
  uint64_t position = 0;
  Commit commit;
};

struct CommitterOptions {
  int64_t queue_commits = 1024;      // a full queue holds the shards back, and they their senders
  int64_t max_group_commits = 1024;  // written with one sync
};

// The only writer. Takes what shards have finished, writes all that has gathered with one sync (no
// fixed wait: the next group gathers while the disk works on this one), and only then lets anything
// out: outcomes to senders, notifications to the dispatcher. A write that fails ends the process:
// restart and replay are the recovery, and nothing of the group was acknowledged.
class Committer {
 public:
  // What a group came to, for metrics.
  struct Group {
    size_t commits = 0;
    Duration took{0};
  };
  struct Hooks {
    // Called on the committer's thread, must not block. `commit` is durable (or empty), and its
    // sender is told right after.
    std::function<void(const Commit& commit)> durable;
    std::function<void(const Group& group)> written;
    // Called once, with what the store said. Must end the process, or at least everything that uses
    // this.
    std::function<void(const Status& status)> fatal;
  };

  // `store` and `clock` are loans that outlive it.
  Committer(Store& store, const Clock& clock, CommitterOptions options, Hooks hooks);
  // Writes what is inside, then ends the thread. Whoever pushes must have stopped.
  ~Committer();

  // Waits for room. False after a failure or a stop: the commit is dropped, and nobody is told.
  bool Push(FinishedCommit finished) { return queue_.Push(std::move(finished)); }
  // Runs `task` on the committer's thread, after everything pushed before it is durable.
  bool Push(std::function<void()> task) { return queue_.Push(std::move(task)); }

 private:
  using Item = std::variant<FinishedCommit, std::function<void()>>;

  void Run();
  // False when the write failed.
  bool Write(std::vector<FinishedCommit>& group);

  Store& store_;
  const Clock& clock_;
  const CommitterOptions options_;
  const Hooks hooks_;
  BoundedQueue<Item> queue_;
  std::thread thread_;
};

}  // namespace forewarn
