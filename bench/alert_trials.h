#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace forewarn::bench {

// The label that tells one bad sample's series, and so its alert, from all others: `trial="17"`.
inline constexpr const char* kTrialLabel = "trial";

// The trials that a webhook's body is about, in any of the forms that are compared: Forewarn's webhook
// (docs/reference/webhook.md), what Prometheus posts to Alertmanager (an array of alerts), and what Alertmanager
// posts on. Nothing for a body that is none of them.
std::vector<size_t> TrialsIn(const std::string& body);

// What became of each bad sample: when it was pushed, acknowledged, and when a webhook was about it. Times are those of
// bench/timing.h's Seconds(). Thread-safe: one thread pushes, another takes webhooks.
class AlertTrials {
 public:
  explicit AlertTrials(size_t trials) : trials_(trials) {}

  // `at`: when it was to be; it may have had to wait.
  void Pushed(size_t trial, double at);
  void Acknowledged(size_t trial, double at);
  // Of several webhooks about one trial the first counts; those about a trial that was not pushed are left out.
  void Delivered(const std::string& body, double at);

  // Trials that were delivered since this was last called.
  std::vector<size_t> TakeDelivered();
  // Waits until all of [0, count) are delivered; false when they are not within `patience`.
  bool WaitForFirst(size_t count, Duration patience) const;

  // From push to acknowledgement and to webhook, in seconds, of those of [from, …) that have both.
  std::vector<double> SecondsToAck(size_t from) const;
  std::vector<double> SecondsToWebhook(size_t from) const;
  // Webhooks' bodies in which no trial was found.
  size_t strange() const;

 private:
  struct Trial {
    std::optional<double> pushed, acknowledged, delivered;
  };
  std::vector<double> SecondsTo(std::optional<double> Trial::*end, size_t from) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable delivery_;
  // Guarded by mutex_.
  std::vector<Trial> trials_;
  std::vector<size_t> newly_delivered_;
  size_t strange_ = 0;
};

}  // namespace forewarn::bench
