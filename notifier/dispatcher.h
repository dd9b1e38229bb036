#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/rng.h"
#include "base/time.h"
#include "model/entry.h"
#include "model/notification.h"
#include "notifier/receiver.h"

namespace forewarn {

struct DispatchOptions {
  uint32_t max_attempts = 60;  // about a day
  Duration backoff_min = 1s;   // doubles with each attempt, with jitter of ±20 %
  Duration backoff_max = 30min;
};

// Dispatcher delivers the outbox: at least once, in order for each receiver and ticket, with
// back-off. It decides nothing and remembers nothing across a restart: what became of an attempt
// goes back to the shard as a DeliveryCommand, and what is still waiting is handed to it again at
// start.
//
// Receivers do not wait for each other: a Step() sends at most one message for each, and one that
// failed three times in a row is left alone until that message's next attempt is due, whatever else
// waits for it. A send blocks whoever steps: a receiver whose last one took longer than a second is
// slow, and has its turn when nothing is due for the others, or a minute after its last.
//
// Step() is the whole of it and has no thread, so that the simulator can drive it. Not thread-safe.
class Dispatcher {
 public:
  // Makes the sender for a receiver of the current bundle; null when there is no such receiver.
  using FindSender = std::function<Sender*(const std::string& receiver)>;
  // Hands a DeliveryCommand back. False when the queue is full: the dispatcher keeps it and tries
  // again.
  using Report = std::function<bool(uint32_t partition, const DeliveryCommand& command)>;

  Dispatcher(DispatchOptions options, FindSender find_sender, Report report, Rng rng);
  ~Dispatcher();

  // Takes a notification whose commit is durable: a new one, one that waited when the process
  // started, or one whose DeliveryCommand was applied. Those that do not wait are not sent.
  void Take(uint32_t partition, Notification notification);

  // Reads the time (arrival time) again after each send, so that back-off counts from its end.
  using Now = std::function<Timestamp()>;

  // Sends what is due, each receiver's oldest first and at most one for each; returns when to call
  // again (the time it ended when more is due), or nothing when there is nothing to do.
  std::optional<Timestamp> Step(const Now& clock);
  // The same where sending takes no time.
  std::optional<Timestamp> Step(Timestamp now);

  // Not yet delivered or given up, and reports that could not be handed back.
  size_t waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
