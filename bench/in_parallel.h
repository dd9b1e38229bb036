#pragma once

#include <memory>
#include <thread>
#include <vector>

namespace forewarn::bench {

// Does the work on all of them, each on a thread of its own, and waits for all.
template <typename T, typename Work>
void InParallel(std::vector<std::unique_ptr<T>>& items, Work work) {
  std::vector<std::thread> threads;
  threads.reserve(items.size());
  for (auto& item : items) threads.emplace_back([&work, &item] { work(*item); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace forewarn::bench
