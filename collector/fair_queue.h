#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/time.h"

namespace forewarn {

// A queue with a bound between threads, in which nobody's flood delays the others. Items come in lanes, by the name of
// whom they are from: within a lane first in, first out; between lanes the one goes first that has had the least, by
// weight. Any number of threads may push and pop. After Close() nothing more is taken in, and what is inside can
// still be popped.
//
// Bounds. A lane that holds a quarter of the items or of the weight takes nothing more, so that no one fills the
// queue. One push of every lane finds room even in a full queue: whoever has nothing inside is served within one turn
// of the others, whatever they send. What decides is what is inside and not what comes: else a large push would wait
// for a lane that others of the same name never leave empty. But names may be many, so nobody finds room any more
// once four times the weight is inside: the queue never holds more than that and what was pushed at once then.
template <typename T>
class FairQueue {
 public:
  // Both are at least 1. A weight is whatever the caller wants to bound, such as bytes.
  FairQueue(size_t items, size_t weight) : items_max_(items), weight_max_(weight) {
    FW_CHECK(items > 0 && weight > 0);
  }

  // Takes `item` and returns true, or returns false at once, leaving `item` as it was, when there is no room for this
  // lane or the queue is closed.
  bool TryPush(const std::string& name, size_t weight, T& item) {
    return TryPushAll(name, {&weight, 1}, {&item, 1});
  }

  // The same for items that belong together: all of them, in order, or none. At least one.
  bool TryPushAll(const std::string& name, std::span<const size_t> weights, std::span<T> items) {
    FW_CHECK(!items.empty() && weights.size() == items.size());
    size_t sum = 0;
    for (size_t weight : weights) sum += weight;
    {
      std::lock_guard lock(mutex_);
      if (closed_ || !HasRoom(name)) return false;
      Lane& lane = lanes_[name];
      if (lane.items.empty()) {
        // What it had before counts; the time it was away does not.
        lane.turn = std::max(now_, lane.turn);
        turns_.emplace(lane.turn, name);
      }
      for (size_t i = 0; i < items.size(); ++i) {
        lane.items.emplace_back(weights[i], std::move(items[i]));
      }
      lane.weight += sum;
      weight_ += sum;
      size_ += items.size();
    }
    not_empty_.notify_all();
    return true;
  }

  // The next item; waits at most `patience` for one. Nothing on time-out, after a Wake(), and when the queue is closed
  // and empty.
  std::optional<T> Pop(Duration patience) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, patience, [&] { return closed_ || woken_ || size_ > 0; });
    woken_ = false;
    if (size_ == 0) return std::nullopt;
    auto first = turns_.begin();
    std::string name = first->second;
    now_ = first->first;
    turns_.erase(first);
    Lane& lane = lanes_[name];
    auto [weight, item] = std::move(lane.items.front());
    lane.items.pop_front();
    lane.weight -= weight;
    weight_ -= weight;
    --size_;
    lane.turn = now_ + weight;
    if (!lane.items.empty()) turns_.emplace(lane.turn, name);
    if (lanes_.size() >= forget_at_) Forget();
    return std::move(item);
  }

  // Makes a Pop() that waits return with nothing.
  void Wake() {
    {
      std::lock_guard lock(mutex_);
      woken_ = true;
    }
    not_empty_.notify_all();
  }

  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
  }

  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return size_;
  }

 private:
  struct Lane {
    std::deque<std::pair<size_t, T>> items;  // with their weights
    size_t weight = 0;
    uint64_t turn = 0;  // in weight served: when its first item is due, or would be
  };

  bool HasRoom(const std::string& name) const {
    if (weight_ / kMostBeyond >= weight_max_) return false;
    auto found = lanes_.find(name);
    if (found == lanes_.end() || found->second.items.empty()) return true;
    const Lane& lane = found->second;
    return size_ < items_max_ && weight_ < weight_max_ &&
           lane.items.size() < std::max<size_t>(1, items_max_ / 4) &&
           lane.weight < std::max<size_t>(1, weight_max_ / 4);
  }

  // Lanes without items whose turn has passed are as if they had never been.
  void Forget() {
    std::erase_if(lanes_, [&](const auto& item) {
      return item.second.items.empty() && item.second.turn <= now_;
    });
    forget_at_ = std::max<size_t>(64, 2 * lanes_.size());
  }

  static constexpr size_t kMostBeyond = 4;

  const size_t items_max_;
  const size_t weight_max_;

  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  // Guarded by mutex_.
  std::map<std::string, Lane> lanes_;
  std::set<std::pair<uint64_t, std::string>> turns_;  // of lanes with items
  uint64_t now_ = 0;                                  // the turn that was served last
  size_t size_ = 0;
  size_t weight_ = 0;
  size_t forget_at_ = 64;
  bool closed_ = false;
  bool woken_ = false;
};

}  // namespace forewarn
