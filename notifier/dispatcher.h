#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "model/entry.h"
#include "model/notification.h"
#include "notifier/receiver.h"

namespace forewarn {

struct DispatchOptions {
  uint32_t max_attempts = 12;
  Duration backoff_min = 1s;  // doubles with each attempt, with jitter of ±20 %
  Duration backoff_max = 30min;
};

// Dispatcher delivers the outbox: at least once, in order for each receiver and ticket, with back-off. It
// decides nothing and remembers nothing across a restart: what became of an attempt goes back to the shard
// as a DeliveryCommand, and what is still waiting is handed to it again at start.
//
// Step() is the whole of it and has no thread, so that the simulator can drive it; DispatcherThread runs it.
// Not thread-safe.
class Dispatcher {
 public:
  // Makes the sender for a receiver of the current bundle; null when there is no such receiver.
  using FindSender = std::function<Sender*(const std::string& receiver)>;
  // Hands a DeliveryCommand back. False when the queue is full: the dispatcher keeps it and tries again.
  using Report = std::function<bool(uint32_t partition, const DeliveryCommand& command)>;

  Dispatcher(DispatchOptions options, FindSender find_sender, Report report, Rng rng);
  ~Dispatcher();

  // Takes a notification whose commit is durable. One with an id that it already holds replaces it.
  void Take(uint32_t partition, Notification notification);

  // Sends what is due at `now` (arrival time), each receiver's oldest first; returns when to call again, or
  // nothing when there is nothing to do.
  std::optional<Timestamp> Step(Timestamp now);

  size_t waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
