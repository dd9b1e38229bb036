#include "collector/calls.h"

namespace forewarn {

CallPool::CallPool(size_t threads, size_t queue) : queue_(queue) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      for (;;) {
        std::optional<std::function<void()>> call = queue_.Pop(1h);
        if (call) {
          (*call)();
        } else if (queue_.closed()) {
          return;
        }
      }
    });
  }
}

CallPool::~CallPool() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace forewarn
