#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"
#include "store/store.h"

namespace forewarn {

// What makes two events reports of the same thing: where they were read, the program's own code, and
// the message without what varies in it.
Fingerprint FingerprintOf(const Event& event);

// What is counted together.
enum class CountBy {
  kFingerprint,
  kTemplate,  // the same words, wherever they were read
};

// How often one thing was reported.
struct EventCount {
  Fingerprint fingerprint;  // FingerprintOf(), or that of the template alone
  std::string source;       // these two empty when they are not the same in all
  std::string code;
  std::string template_text;
  std::string message;                  // the newest
  Severity severity = Severity::kInfo;  // the greatest
  uint64_t count = 0;
  uint64_t probes = 0;  // that reported it
  Timestamp first_at;   // event times
  Timestamp last_at;
};

struct EventCounts {
  std::vector<EventCount> counts;  // the most frequent first
  uint64_t others = 0;             // events of things that are not listed
};

struct CountLimits {
  size_t max_listed = 100;
  // Of what is counted by itself on the way; events beyond are among the others.
  size_t max_kinds = 100'000;
  size_t max_bytes = 64 << 20;
  // Asked now and then; true ends the reading with kCancelled.
  std::function<bool()> stop;
};

// Counts a customer's events with event times in [from, to]. It reads all of them, but holds no more
// than the limits say. kCancelled, or what the store says.
StatusOr<EventCounts> CountEvents(const Store& store, uint32_t partition, std::string_view customer,
                                  Timestamp from, Timestamp to, CountBy by,
                                  const CountLimits& limits);

}  // namespace forewarn
