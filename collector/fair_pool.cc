#include "collector/fair_pool.h"

#include <optional>

namespace forewarn {

FairPool::FairPool(size_t threads, size_t works, size_t weight) : queue_(works, weight) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      while (true) {
        std::optional<std::function<void()>> work = queue_.Pop(1h);
        if (work) {
          (*work)();
        } else if (queue_.closed()) {
          return;
        }
      }
    });
  }
}

FairPool::~FairPool() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace forewarn
