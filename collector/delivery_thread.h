#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/queue.h"
#include "base/status.h"
#include "collector/entry_source.h"
#include "collector/metrics.h"
#include "model/bundle.h"
#include "model/notification.h"
#include "notifier/curl.h"
#include "notifier/dispatcher.h"
#include "notifier/receiver.h"
#include "store/store.h"

namespace forewarn {

struct DeliveryOptions {
  DispatchOptions dispatch;
  SmtpOptions smtp;
  WebhookOptions webhook;
  size_t queue = 16'384;
};

// Runs the Dispatcher: takes notifications whose commits are durable, sends them, and hands back
// what became of each as an entry. What waited when the process started, and what found the queue
// full, it reads from the store, so nothing is lost by being handed over late.
class DeliveryThread {
 public:
  // Loans that outlive it.
  DeliveryThread(DeliveryOptions options, const Store& store, const Clock& clock, Metrics& metrics,
                 uint64_t seed);
  ~DeliveryThread();

  // Reads the receivers and what waits from the store and begins to send. `sink` takes what became
  // of it and outlives the next Stop().
  void Start(EntrySink& sink);
  // Ends the thread after the message that is being sent. What waits is in the store.
  void Stop();

  // From the committer's thread; never waits.
  void Take(uint32_t partition, Notification notification);
  void SetReceivers(std::vector<Receiver> receivers);

 private:
  struct Handed {
    uint32_t partition = 0;
    Notification notification;
  };
  using Item = std::variant<Handed, std::vector<Receiver>>;
  class CountingSender;

  void Run(EntrySink& sink);
  void Accept(Item item, Dispatcher& dispatcher);
  // Makes the senders for `receivers`; those that did not change stay.
  void UseReceivers(const std::vector<Receiver>& receivers);
  Status ReadReceivers();
  Status ReadOutbox(Dispatcher& dispatcher);

  const DeliveryOptions options_;
  const Store& store_;
  const Clock& clock_;
  Metrics& metrics_;
  const uint64_t seed_;

  BoundedQueue<Item> inbox_;
  std::atomic<bool> missed_ = true;  // something is in the store that was not handed over
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
  // The thread's own: what all messages go through; and by receiver's id, with the record it was made from.
  Courier courier_;
  std::map<std::string, std::pair<std::string, std::unique_ptr<Sender>>> senders_;
};

}  // namespace forewarn
