#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "collector/entry_source.h"
#include "collector/fair_queue.h"

namespace forewarn {

// LocalLog is the EntrySource of a single machine: a bounded queue in memory. The sender is told
// after the local commit; what is in the queue when the process dies was never acknowledged.
// Submit() and Wake() are thread-safe; Next() is the shard thread's and Committed() the
// committer's.
//
// Customers take turns: within a customer entries keep their order, between customers the one goes first that has had
// the least, so that a flood of one delays no other (collector/fair_queue.h). What comes from no customer takes
// turns with them.
class LocalLog : public EntrySource {
 public:
  // `bytes` bounds what waits, roughly.
  explicit LocalLog(size_t capacity, size_t bytes = size_t{128} << 20) : queue_(capacity, bytes) {}

  // False when there is no room for this customer or the log is closed; `submission` is then as it was.
  bool Submit(Submission& submission) { return SubmitAll({&submission, 1}); }
  // All of one customer, in order, or nothing (EntrySink::SubmitAll). At least one.
  bool SubmitAll(std::span<Submission> together);
  // Nothing more is taken in; Next() hands out what is inside.
  void Close() { queue_.Close(); }
  bool closed() const { return queue_.closed(); }
  size_t size() const { return queue_.size(); }

  std::optional<Item> Next(Duration patience) override;
  void Wake() override;
  void Committed(uint64_t position, const Status& outcome, const std::string& reply) override;

 private:
  using Done = std::function<void(const Status& outcome, const std::string& reply)>;

  FairQueue<Submission> queue_;
  uint64_t last_position_ = 0;  // Next()'s

  // Two threads meet here, and a queue would not do: the committer takes what it is told to by
  // position.
  std::mutex mutex_;
  std::deque<std::pair<uint64_t, Done>> waiting_;  // guarded by mutex_; positions ascend
};

}  // namespace forewarn
