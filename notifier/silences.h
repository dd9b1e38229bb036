#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/matcher.h"
#include "model/notification.h"

namespace forewarn {

// The silences of a partition: which of them stops what is sent about an alert. A silence stops the
// sending, not the alert, and never reaches beyond one customer. Times are arrival times. Owned by the
// planner; not thread-safe.
class Silences {
 public:
  void Restore(Silence silence);

  // Adds one. Fails, changing nothing, when it could never stop anything or its id is taken.
  Status Add(const Silence& silence, Timestamp now);
  // Ends one now, and returns it as it is then. Fails, changing nothing, when there is none or it has
  // ended.
  StatusOr<Silence> Expire(const std::string& id, Timestamp now);

  // Forgets those that ended at `before` or earlier, the earliest first, a bounded number with one call;
  // returns their ids.
  std::vector<std::string> Forget(Timestamp before);
  // When the first of all ends or ended.
  std::optional<Timestamp> FirstEnd() const;

  // The one that stops what is sent about the alert at `at`, or null.
  const Silence* Stopping(const Alert& alert, Timestamp at) const;
  // One that stops what is sent about all of them together: none as long as one alert is not silenced.
  const Silence* StoppingAll(const std::vector<Alert>& alerts, Timestamp at) const;

  const std::map<std::string, Silence>& all() const { return silences_; }

 private:
  std::map<std::string, Silence> silences_;
  // Derived.
  std::map<std::string, Matchers> matchers_;            // parsed, by the silence's id
  std::set<std::pair<Timestamp, std::string>> by_end_;  // ids
};

// All of them, or what is wrong with the first that cannot be read.
StatusOr<Matchers> ParseMatchers(const std::vector<std::string>& texts);

std::string DescribeSilence(const Silence& silence);

}  // namespace forewarn
