#include "probe/spool_gaps.h"

#include <algorithm>
#include <string>

namespace forewarn {

uint64_t AddGap(std::vector<Gap>& gaps, std::string_view kind, std::string_view reason,
                uint64_t count, Timestamp from, Timestamp to) {
  if (count == 0) return 0;
  for (Gap& gap : gaps) {
    if (gap.kind != kind || gap.reason != reason) continue;
    gap.count += count;
    gap.from = std::min(gap.from, from);
    gap.to = std::max(gap.to, to);
    return count;
  }
  gaps.push_back({std::string(kind), std::string(reason), count, from, to});
  return count;
}

uint64_t AddGaps(std::vector<Gap>& gaps, const SpoolCounts& counts, std::string_view reason,
                 Timestamp from, Timestamp to) {
  return AddGap(gaps, "samples", reason, counts.samples, from, to) +
         AddGap(gaps, "events", reason, counts.events, from, to) +
         AddGap(gaps, "checks", reason, counts.checks, from, to) +
         AddGap(gaps, "facts", reason, counts.facts, from, to) +
         AddGap(gaps, "changes", reason, counts.changes, from, to);
}

}  // namespace forewarn
