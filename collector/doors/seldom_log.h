#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace forewarn {

// Says which lines are worth writing where there could be one for each request: of each key the first, and
// then one a minute. What is not written is counted, and the next line says how many those were. Remembers
// kMaxKeys keys; more are taken together. Thread-safe: requests are answered on several threads.
class SeldomLog {
 public:
  static constexpr size_t kMaxKeys = 1000;

  // A loan that outlives it.
  explicit SeldomLog(const Clock& clock) : clock_(clock) {}

  // How many lines of the key were not written since the last that was; or nothing when this one is not
  // to be written either.
  std::optional<uint64_t> Next(std::string key);

 private:
  struct Line {
    Timestamp written;
    uint64_t left_out = 0;
  };

  const Clock& clock_;

  std::mutex mutex_;
  std::map<std::string, Line> lines_;  // guarded by mutex_
};

}  // namespace forewarn
