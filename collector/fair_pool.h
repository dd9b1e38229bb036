#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "collector/fair_queue.h"

namespace forewarn {

// Threads for what may be long to take apart and was sent by parties that should not wait for each other's: whoever
// has had the least is next (collector/fair_queue.h), so that nobody waits until all of somebody else's is done.
// Thread-safe.
class FairPool {
 public:
  // Bounds of what waits, as those of a FairQueue: one party takes a quarter of either at most.
  FairPool(size_t threads, size_t works, size_t weight);
  // Runs what is inside to its end.
  ~FairPool();

  // False when there is no room for more of `who`; then `work` is gone. Its weight is that of its bytes, and of as
  // much again as taking apart a small one may cost, since it may be compressed.
  bool Run(const std::string& who, size_t bytes, std::function<void()> work) {
    return queue_.TryPush(who, kLeastWeight + bytes, work);
  }

  static constexpr size_t kLeastWeight = 64 << 10;

 private:
  FairQueue<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace forewarn
