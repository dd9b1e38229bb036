#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/queue.h"

namespace forewarn {

// Threads for calls that wait: for a shard's answer, for a commit, for a query. gRPC's own threads
// never do. Bounded: a call that finds the queue full is refused by its caller. Thread-safe.
class CallPool {
 public:
  CallPool(size_t threads, size_t queue);
  // Runs what is inside to its end.
  ~CallPool();

  // False when the queue is full or closed.
  bool Run(std::function<void()> call) { return queue_.TryPush(std::move(call)); }

 private:
  BoundedQueue<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace forewarn
