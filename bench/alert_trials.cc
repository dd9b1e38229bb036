#include "bench/alert_trials.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/http_head.h"

namespace forewarn::bench {
namespace {

using Json = nlohmann::json;

void AddTrial(const Json& labels, const std::string& name, std::vector<size_t>& trials) {
  if (!labels.is_object()) return;
  auto found = labels.find(name);
  if (found == labels.end() || !found->is_string()) return;
  if (std::optional<size_t> trial = ParseSize(found->get_ref<const std::string&>(), 10)) {
    trials.push_back(*trial);
  }
}

}  // namespace

std::vector<size_t> TrialsIn(const std::string& body) {
  std::vector<size_t> trials;
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("facts")) {
    AddTrial(json["facts"], std::string("label.") + kTrialLabel, trials);
  }
  const Json alerts = json.is_object() && json.contains("alerts") ? json["alerts"] : json;
  if (!alerts.is_array()) return trials;
  for (const Json& alert : alerts) {
    if (alert.is_object() && alert.contains("labels"))
      AddTrial(alert["labels"], kTrialLabel, trials);
  }
  return trials;
}

void AlertTrials::Pushed(size_t trial, double at) {
  std::lock_guard lock(mutex_);
  trials_[trial].pushed = at;
}

void AlertTrials::Acknowledged(size_t trial, double at) {
  std::lock_guard lock(mutex_);
  trials_[trial].acknowledged = at;
}

void AlertTrials::Delivered(const std::string& body, double at) {
  std::vector<size_t> named = TrialsIn(body);
  std::lock_guard lock(mutex_);
  if (named.empty()) ++strange_;
  for (size_t trial : named) {
    if (trial >= trials_.size() || !trials_[trial].pushed || trials_[trial].delivered) continue;
    trials_[trial].delivered = at;
    newly_delivered_.push_back(trial);
  }
  delivery_.notify_all();
}

std::vector<size_t> AlertTrials::TakeDelivered() {
  std::lock_guard lock(mutex_);
  return std::exchange(newly_delivered_, {});
}

bool AlertTrials::WaitForFirst(size_t count, Duration patience) const {
  std::unique_lock lock(mutex_);
  return delivery_.wait_for(lock, patience, [&] {
    return std::all_of(trials_.begin(), trials_.begin() + static_cast<std::ptrdiff_t>(count),
                       [](const Trial& trial) { return trial.delivered.has_value(); });
  });
}

std::vector<double> AlertTrials::SecondsToAck(size_t from) const {
  return SecondsTo(&Trial::acknowledged, from);
}

std::vector<double> AlertTrials::SecondsToWebhook(size_t from) const {
  return SecondsTo(&Trial::delivered, from);
}

size_t AlertTrials::strange() const {
  std::lock_guard lock(mutex_);
  return strange_;
}

std::vector<double> AlertTrials::SecondsTo(std::optional<double> Trial::*end, size_t from) const {
  std::lock_guard lock(mutex_);
  std::vector<double> seconds;
  for (size_t i = from; i < trials_.size(); ++i) {
    const Trial& trial = trials_[i];
    if (trial.pushed && trial.*end) seconds.push_back(*(trial.*end) - *trial.pushed);
  }
  return seconds;
}

}  // namespace forewarn::bench
