#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "probe/reading.h"
#include "probe/spool.h"

namespace forewarn {

// One line for each event, check, fact and change, each behind `indent`.
std::string ReportLines(const Reports& reports, std::string_view indent);
// Cut to 400 bytes, and on one line whatever it holds.
std::string OneLine(std::string_view text);

// The list of all that ever left this host, for the customer to read: one line a batch, and below
// it one line for each event, check, fact, change and gap in it, as it was sent. Append-only text
// in <folder>/ledger.log; beyond half of `max_bytes` it becomes ledger.log.1, which replaces the
// one before.
//
//   2026-05-01T10:00:00.250Z batch 1777629600000/17 round 2026-05-01T10:00:00Z samples 311
//     event error x3 log:/var/log/app.log disk <*> failed
//
// Not thread-safe.
class Ledger {
 public:
  Ledger(std::string folder, int64_t max_bytes);

  // Call before the batch is handed over. One that is in the list already, as after a restart, is
  // not written again.
  Status Write(const SpooledBatch& batch, Timestamp now);

  std::string path() const { return folder_ + "/ledger.log"; }

 private:
  const std::string folder_;
  const int64_t max_bytes_;

  // The last one in the list.
  uint64_t epoch_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace forewarn
