#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/telemetry.h"

namespace forewarn {

// How much we know of a probe right now. Silence is a state of its own, never good news.
enum class Contact : int32_t { kFresh = 0, kLate = 1, kLost = 2, kRetired = 3, kAirGapped = 4 };

// All that the collector keeps about one probe. Stored under StateKind::kProbe by its UUID.
struct ProbeState {
  ProbeIdentity identity;
  std::string host;            // becomes the label `instance`
  std::string version;         // of the probe's software
  Timestamp enrolled_at;       // arrival time
  Timestamp last_arrival;      // arrival time of the last handshake or batch
  Timestamp watermark;         // event time: the last round end applied; never goes back
  Duration round_interval{0};  // 0 until the first round
  Duration clock_offset{0};    // theirs minus ours, at the last handshake
  uint64_t epoch = 0;          // of the last batch applied
  uint64_t sequence = 0;
  Contact contact = Contact::kFresh;
  Timestamp contact_since;  // arrival time
  uint64_t gap_count = 0;   // items declared lost, in total

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.identity);
    visit(2, self.host);
    visit(3, self.version);
    visit(4, self.enrolled_at);
    visit(5, self.last_arrival);
    visit(6, self.watermark);
    visit(7, self.round_interval);
    visit(8, self.clock_offset);
    visit(9, self.epoch);
    visit(10, self.sequence);
    visit(11, self.contact);
    visit(12, self.contact_since);
    visit(13, self.gap_count);
  }
};

}  // namespace forewarn
